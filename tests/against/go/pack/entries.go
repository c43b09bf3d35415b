package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sort"
	"strings"

	"parley.example/against/c2sp"
)

// named is a head as an entry names it.
type named struct {
	Origin, Root string
	Size         int64
}

// body is what an entry about the record itself may say.
type body struct {
	Role, Old, New, Next_sha256, Held, Refused string
	Keys                                       map[string]string
	Continues                                  *named
}

// object has the fields of a JSON object by their exact names; what is no JSON has none.
type object map[string]json.RawMessage

func fields(entry []byte) (found object) {
	json.Unmarshal(entry, &found)
	return found
}

func (o object) read(name string, into any) { json.Unmarshal(o[name], into) }

// compareEntries: what entries say about keys and heads agrees with the keys and heads that are here.
func compareEntries(logs []*history) {
	for _, h := range logs {
		order := []int64{}
		for index := range h.entries {
			order = append(order, index)
		}
		sort.Slice(order, func(i, j int) bool { return order[i] < order[j] })
		changes, promised, agreed := 1, "", map[string]int64{}
		for _, index := range order {
			entry, kind, seen, f := fields(h.entries[index]), "", map[string]named{}, body{}
			entry.read("type", &kind)
			entry.read("seen", &seen)
			entry.read("body", &f)
			for origin, head := range seen {
				h.compareNamed(logs, index, origin, head, agreed)
			}
			switch {
			case kind == "log.opened" && index == 0:
				own, err := c2sp.ParseKey(f.Keys["log"])
				h.check(err == nil && own.Point == h.Keys[0].key.Point, 0, "opened by another key")
				promised = f.Keys["next"]
				if f.Continues != nil {
					h.compareNamed(logs, 0, f.Continues.Origin, *f.Continues, nil)
				}
			case kind == "key.rotated" && f.Role == "log":
				changes = h.rotate(index, f, changes, promised)
				promised = f.Next_sha256
			case kind == "fork.evidence":
				compareFork(logs, f.Held, f.Refused)
			}
		}
		h.check(changes >= len(h.Keys), h.Keys[len(h.Keys)-1].From-2, "does not name the key that takes over")
	}
}

// rotate: the entry names the next of the log's keys, as promised, and the old key signs one more head.
// That the new key signed too, and that nobody revoked one, stands in statements of Parley's own form.
func (h *history) rotate(index int64, f body, changes int, promised string) int {
	later := 0
	for _, head := range h.heads {
		if head.Size > index {
			later++
		}
	}
	if changes == len(h.Keys) {
		h.check(later <= 1, index, "a change of key after which the old key signs on")
		return changes
	}
	old, err1 := c2sp.ParseKey(f.Old)
	key, err2 := c2sp.ParseKey(f.New)
	_, covered := h.rootAt(index + 1)
	sum := sha256.Sum256([]byte(f.New))
	good := err1 == nil && err2 == nil && covered && h.Keys[changes].From == index+2 &&
		old.Point == h.Keys[changes-1].key.Point && key.Point == h.Keys[changes].key.Point
	h.check(good, index, "a change to another key than the one that signs on")
	h.check(promised == "" || promised == hex.EncodeToString(sum[:]), index, "a change to a key that was not promised")
	return changes + 1
}

// compareNamed: a head that an entry names is one of the log that is here, as were those it named before.
func (h *history) compareNamed(logs []*history, index int64, origin string, head named, agreed map[string]int64) {
	for _, other := range logs {
		if other.Origin == origin && other != h {
			root, known := other.rootAt(head.Size)
			other.doubt(head.Size <= other.newest().Size, "log %d saw more of it than is here", h.n)
			same := !known || hex.EncodeToString(root[:]) == head.Root
			if agreed == nil {
				h.check(same, index, "continues a head of log %d that never was", other.n)
			} else if same || other.cosignedBy(h.party()) < head.Size { // else the peer refutes itself
				other.check(same, agreed[origin], "not what log %d saw, by its entry %d", h.n, index)
				agreed[origin] = max(agreed[origin], head.Size)
			}
		}
	}
}

func (h *history) cosignedBy(party string) (size int64) {
	for _, head := range h.heads {
		for k := range head.Times {
			if strings.HasPrefix(k.Name(), "parley/"+party+"/") {
				size = max(size, head.Size)
			}
		}
	}
	return size
}

// compareFork: of two heads that a peer holds against a log, none is of another history than the one here.
func compareFork(logs []*history, notes ...string) {
	for _, text := range notes {
		for _, h := range logs {
			head, err := c2sp.OpenHead([]byte(text), h.keyAt, nil)
			if err == nil { // what is no head of this log proves nothing
				root, known := h.rootAt(head.Size)
				h.check(!known || root == head.Root, 0, "forked: two signed roots for size %d", head.Size)
			}
		}
	}
}
