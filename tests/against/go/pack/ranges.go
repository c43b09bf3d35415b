package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"sort"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"parley.example/against/c2sp"
)

// rootOf is the root over [lo, hi): from the leaves of [start, start+len(leaves)), and what is outside.
func rootOf(lo, hi, start int64, leaves []tlog.Hash, outside *[]tlog.Hash) (root tlog.Hash) {
	if hi <= start || start+int64(len(leaves)) <= lo {
		if len(*outside) > 0 {
			root, *outside = (*outside)[0], (*outside)[1:]
		}
		return root
	}
	if hi-lo == 1 {
		return leaves[lo-start]
	}
	middle := lo + 1<<(bits.Len64(uint64(hi-lo-1))-1)
	left := rootOf(lo, middle, start, leaves, outside)
	return tlog.NodeHash(left, rootOf(middle, hi, start, leaves, outside))
}

func hashes(data []byte) (found []tlog.Hash) {
	for ; len(data) > 0; data = data[32:] {
		found = append(found, tlog.Hash(data[:32]))
	}
	return found
}

func (h *history) ReadHashes(at []int64) (found []tlog.Hash, err error) {
	for _, i := range at {
		found = append(found, h.stored[i])
	}
	return found, nil
}

// rootAt is the root at a size: as the entries give it, else as a signed head does, else unknown.
func (h *history) rootAt(size int64) (root tlog.Hash, known bool) {
	if size >= 0 && size <= h.whole {
		root, err := tlog.TreeHash(size, h)
		return root, err == nil
	}
	for _, head := range h.heads {
		if head.Size == size {
			return head.Root, true
		}
	}
	return root, false
}

// goodUpTo is the largest of the heads in a row that the entries agree with.
func (h *history) goodUpTo() (size int64) {
	for _, head := range h.heads {
		if root, _ := h.rootAt(head.Size); root != head.Root || head.Size > h.whole {
			break
		}
		size = head.Size
	}
	return size
}

// readRange is step 4: the entries [start, end) are those under the head of a size.
func (h *history) readRange(start, end, size int64) {
	place := fmt.Sprintf("%d-%d", start, end)
	bundle, signed := h.file("entries.%s", place), hashes(h.file("leaves.%s", place))
	var leaves []tlog.Hash
	for at := start; len(bundle) > 2; at++ {
		length := int(binary.BigEndian.Uint16(bundle))
		if length == 0 || length > 60_000 || length+2 > len(bundle) {
			break // what is left is no entry, and refused below
		}
		h.entries[at], bundle = bundle[2:length+2], bundle[length+2:]
		leaves = append(leaves, tlog.RecordHash(h.entries[at]))
		if start == 0 {
			more, _ := tlog.StoredHashesForRecordHash(at, leaves[at], h)
			h.stored, h.whole = append(h.stored, more...), at+1
		}
	}
	var head *c2sp.Head
	for _, one := range h.heads {
		if one.Size == size {
			head = one
		}
	}
	h.check(head != nil && start <= end && end <= size, start, "a range under no head")
	under := func(leaves []tlog.Hash) bool {
		outside := hashes(h.file("range.%s", place))
		if size == 0 {
			return head.Root == sha256.Sum256(nil) && len(leaves) == 0
		}
		return int64(len(leaves)) == end-start && rootOf(0, size, start, leaves, &outside) == head.Root && len(outside) == 0
	}
	wrong := 0
	for wrong < len(leaves) && wrong < len(signed) && leaves[wrong] == signed[wrong] {
		wrong++
	}
	switch {
	case under(leaves) && wrong == len(leaves) && wrong == len(signed) && len(bundle) == 0:
	case under(leaves) || under(signed):
		h.check(false, start+int64(wrong), "not the entry whose hash was signed: changed, deleted or moved")
	case start == 0:
		h.check(false, h.goodUpTo(), "or a later one is not what was signed")
	default:
		h.check(false, start, "or a later one is not what was signed")
	}
}

// compareHeads: every head is of the history that is here, or proves that it grew out of the one before.
func (h *history) compareHeads() {
	proofs := 0
	for i, head := range h.heads {
		root, _ := h.rootAt(head.Size)
		h.check(root == head.Root, h.goodUpTo(), "forked: two signed roots for size %d", head.Size)
		if i == 0 || head.Size <= h.whole || h.heads[i-1].Size == 0 {
			continue
		}
		old := h.heads[i-1]
		proof := hashes(h.file("consistency.%d-%d", old.Size, head.Size))
		err := tlog.CheckTree(proof, head.Size, head.Root, old.Size, old.Root)
		h.check(err == nil, old.Size, "a head that did not grow out of this: %v", err)
		proofs++
	}
	h.check(proofs == len(h.Consistency), -1, "consistency proofs that nothing needs")
}

// compareRefused: heads that somebody else holds are of the same history.
func compareRefused(m manifest) {
	for _, h := range m.Logs {
		held, agreed := []*c2sp.Head{}, int64(0)
		for k := range m.Refused {
			data := files[fmt.Sprintf("refused/%d", k)]
			_, err := note.Open(data, note.VerifierList())
			if _, isNote := err.(*note.UnverifiedNoteError); !isNote {
				panic(fmt.Sprintf("refused/%d is no note", k))
			}
			if origin, _, _ := strings.Cut(string(data), "\n"); origin == h.Origin {
				head, err := c2sp.OpenHead(data, h.keyAt, nil)
				h.check(err == nil, -1, "refused/%d: %v", k, err)
				held = append(held, head)
			}
		}
		sort.Slice(held, func(i, j int) bool { return held[i].Size < held[j].Size })
		for _, head := range held {
			root, known := h.rootAt(head.Size)
			h.doubt(head.Size <= h.newest().Size, "somebody holds a head of %d", head.Size)
			h.check(!known || root == head.Root, agreed, "forked: two signed roots for size %d", head.Size)
			agreed = head.Size
		}
	}
}

// open is step 5: what is opened is what was committed to.
func (h *history) open(release string) {
	data, n := h.file("openings"), 0
	for ; len(data) > 0; n++ {
		index := int64(take(&data, 8))
		length := take(&data, 4)
		commit, sum := "", sha256.Sum256(append([]byte("parley/commit/v1"), data[:length]...))
		fields(h.entries[index]).read("commit", &commit)
		h.check(commit == hex.EncodeToString(sum[:]), index, "opened as what it did not commit to")
		h.check(release != "sealed", index, "opened in a sealed pack")
		data = data[length:]
	}
	h.check(n == h.Openings, -1, "%d openings, not %d", n, h.Openings)
}

// proofs: each proof of a single entry holds for it (C2SP tlog-proof).
func (h *history) proofs() {
	for _, index := range h.Proofs {
		text, head, _ := bytes.Cut(h.file("proof.%d", index), []byte("\n\n"))
		lines := strings.Split(string(text), "\n")
		h.check(len(lines) > 1 && lines[0] == "c2sp.org/tlog-proof@v1", index, "no tlog-proof")
		if strings.HasPrefix(lines[1], "extra ") {
			lines = lines[1:]
		}
		h.check(len(lines) > 1 && lines[1] == fmt.Sprint("index ", index), index, "a proof of another entry")
		var path tlog.RecordProof
		for _, line := range lines[2:] {
			hash, err := tlog.ParseHash(line)
			h.check(err == nil && hash.String() == line, index, "a proof with a bad hash: %s", line)
			path = append(path, hash)
		}
		entry, here := h.entries[index]
		holds := false
		for _, one := range h.heads {
			if one.Note == string(head) {
				holds = tlog.CheckRecord(path, one.Size, one.Root, index, tlog.RecordHash(entry)) == nil
			}
		}
		h.check(here && holds, index, "a proof that does not hold")
	}
}

// receipts is step 7: each is signed by the link key of the peer that it names.
func (h *history) receipts(links map[string]*c2sp.Key) {
	data, n := h.file("receipts"), 0
	for ; len(data) > 0; n++ {
		index := int64(take(&data, 8))
		length := take(&data, 2)
		peer := string(data[:length])
		data = data[length:]
		at := time.UnixMicro(int64(take(&data, 8))).UTC()
		form := "2006-01-02T15:04:05.000000Z"
		if at.Nanosecond() == 0 {
			form = "2006-01-02T15:04:05Z"
		}
		entry, here := h.entries[index]
		leaf, link := tlog.RecordHash(entry), links["parley/"+peer+"/link"]
		text := fmt.Sprintf("parley/receipt/v1\nholder %s\nlog %s\nindex %d\nleaf %x\nat %s\n",
			peer, h.Origin, index, leaf[:], at.Format(form))
		h.check(here && link != nil && link.Algorithm == 1 && link.Verify([]byte(text), data[:64]), index,
			"a receipt that %s did not give", peer)
		data = data[64:]
	}
	h.check(n == h.Receipts, -1, "%d receipts, not %d", n, h.Receipts)
}
