"""Look back: answers about a scenario, batch study of recordings, third-party verification."""
