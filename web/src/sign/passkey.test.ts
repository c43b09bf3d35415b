import { expect, it } from "vitest";
import { namedAddress, passkeyHere, unpadded } from "./passkey";

it("knows that no passkey is for an address of numbers, and where the page has a name", () => {
  expect(["127.0.0.1", "192.0.2.7", "[::1]"].map(passkeyHere)).toEqual(
    Array(3).fill("notAtAnAddress"),
  );
  expect(passkeyHere("localhost")).toBe("noPasskeys");
  const here = new URL("http://127.0.0.1:8080/console/?lang=ar");
  expect(namedAddress(here)).toBe("http://localhost:8080/console/");
});

it("writes bytes as WebAuthn does", () => {
  expect(unpadded(Uint8Array.of(255, 238).buffer)).toBe("_-4");
});
