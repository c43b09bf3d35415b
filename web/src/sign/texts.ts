import type { Table } from "../text/language";
import { ARABIC } from "./texts.ar";
import { RUSSIAN } from "./texts.ru";

/** English, from which the keys of the other two are typed. */
export const ENGLISH = {
  // The end of the header.
  whoUnknown: "Not known",
  whoNobody: "Looking only",
  whoObserver: "Observer",
  whoOperator: "Operator",
  whoDemo: "Demonstration",
  endsSoon: "ends within the hour",
  keyPeople: "Who sits here, signing in and out, people who sign",
  keyReports: "What our units saw",
  reportsWait: "UNITS REPORT: {count}",
  reportSpoken: "Unit {unit} has told this post what it saw. No other party has it.",
  // The session.
  sessionTitle: "Who sits here",
  toldUnknown: "The node has not said yet who this browser is.",
  toldNobody:
    "This browser looks only: it has shown no token. Acts of {party} need the node's token first.",
  toldObserver:
    "This browser looks only: it has shown an observer's token. The node refuses it every act of {party}.",
  toldOperator:
    "This browser may act as the posts of {party}. The node signs what it does; which person sat here stands in no log unless a person signs.",
  toldDemo:
    "Demonstration: anybody at this machine acts as {party}, without asking. Never set up a post like this.",
  endsIn: "This session ends in {span}, or when the node starts again.",
  token: "Token",
  tokenHint:
    "The one line of the file “token” in the node's folder, or of “observer-token” to look only. It is kept nowhere here.",
  signIn: "Sign in",
  signedIn: "Signed in.",
  signOut: "Sign out",
  signedOut: "Signed out.",
  peopleTitle: "People who sign",
  peopleTold:
    "A person stands behind an entry by a key of their own. Others can check it; who the pseudonym is stays with the party.",
  toSign: "Sign an entry",
  toEnrol: "People who may sign",
  // What became of it.
  underWay: "Under way.",
  refused: "Not done. The node's words:",
  cancelled: "Not done: the authenticator said no, or nobody touched it in time.",
  noSecret:
    "Not done: this authenticator has no secret of its own to give a key (PRF). Take another one, or a key file.",
  unknown:
    "The node did not answer: nothing is known to have been done. Look before you try again.",
  actorsOnly: "This browser looks only. Sign in with the node's token to act.",
  // Signing.
  signTitle: "Sign as a person",
  signTold:
    "You sign exactly what is shown, at the place where it stands in our log. The hash is made here from these bytes; the node's is not believed.",
  ownEntries: "Our own newest messages",
  noOwn: "This party has said nothing yet that could be signed.",
  otherEntry: "Another entry of ours, by its place",
  log: "Log",
  index: "Index",
  showIt: "Show it",
  notThere: "The node shows no such entry.",
  otherHash:
    "These bytes have another hash than the node says. Sign nothing with this node until this is understood.",
  otherPayload:
    "The payload is not the one that the entry commits to. Sign nothing with this node until this is understood.",
  unseen: "Its words are sealed or guarded and not shown: what cannot be seen is not signed.",
  unreadable: "This entry could be read in two ways: it is not signed.",
  whatIsSigned: "What you sign",
  signatures: "Signatures so far",
  counts: "counts",
  countsNot: "does not count:",
  signed0: "not signed by a person",
  signed1: "signed by one person",
  signed2: "signed by two people",
  leaf: "Leaf hash:",
  person: "Person",
  atPost: "At the post",
  noPeople: "Nobody may sign under this agreement yet.",
  signByPasskey: "Sign as {person} with the passkey",
  signByFile: "Sign as {person} with a key file:",
  fileHint: "Read here, never sent; only the signature goes to the node.",
  signedBy: "Signed as {person}, and stored here.",
  notAKeyFile: "This is no key file of one line, as “parley key operator” makes it.",
  notAnOperators: "This is a key, but not a person's.",
  otherParty: "This is a person's key of another party.",
  otherPerson: "This is another person's key.",
  otherKey: "This is not the key that is enrolled for this person.",
  noPasskeys: "This browser has no passkeys: use a key file.",
  notAtAnAddress: "Browsers know no passkeys for an address of numbers. Open the same page here:",
  // People.
  enrolTitle: "People who may sign",
  nobodyYet: "No person of this party has been enrolled.",
  maySign: "may sign",
  mayNotSign: "may not sign:",
  withPasskey: "with a passkey here",
  enrolOne: "Let one more person sign",
  enrolTold:
    "The enrolment is an entry of our log, by the post {post}. With a passkey the key exists only while its owner touches the authenticator.",
  pseudonym: "Pseudonym",
  pseudonymHint: "One word. Who it is stays with the party, and stands in no log.",
  agreement: "Under the agreement",
  posts: "At these posts",
  noPosts: "Choose at least one post.",
  enrolByPasskey: "Enrol with a passkey",
  enrolByFile: "Enrol with the person's key file:",
  enrolled: "Enrolled, and stored here.",
  // What units saw.
  reportsTitle: "What our units saw",
  reportsNowhere:
    "Sent to nobody: no other party has these. Each waits until a post has said it or put it aside.",
  noReports: "No report of a unit waits. What was not told here may still be so.",
  endedReports: "Said, or put aside",
  sawFlight: "Callsign",
  sawSeen: "Seen",
  sawWhere: "Where",
  sawZone: "Area",
  sawWhen: "When",
  sawNotice: "Notice",
  writeIncursion: "Write it to them",
  draftBusy: "Another message is being written. Send it or throw it away first.",
  saidAsThis: "It was said as this",
  asideOpen: "Say it to nobody",
  asideReason: "Reason",
  asideHint: "The unit reads this reason on its own page.",
  asideDo: "Put it aside",
  reportEnded: "Kept: it waits no more.",
  endedSaid: "said by {post}",
  endedAside: "put aside by {post}",
};

export type TextKey = keyof typeof ENGLISH;

/** Texts of signing in, signing, and what units saw. */
export const TEXTS: Table<TextKey> = { en: ENGLISH, ru: RUSSIAN, ar: ARABIC };
