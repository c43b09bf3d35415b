// Package c2sp reads what golang.org/x/mod/sumdb/note leaves to its user: keys of both algorithms,
// heads with their cosignatures (tlog-checkpoint, tlog-cosignature), and who must cosign (tlog-policy).
package c2sp

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Key is a note.Verifier of algorithm 1 (signs the text) or 4 (cosigns time and text).
type Key struct {
	Vkey, name string
	id         uint32
	Algorithm  byte
	Point      [32]byte
}

// Points of small order, about which libraries disagree; the last byte's top bit is left out.
const weak = `0000000000000000000000000000000000000000000000000000000000000000
0100000000000000000000000000000000000000000000000000000000000000
26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05
c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a
ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f`

func isWeak(point [32]byte) bool {
	point[31] &= 127
	return strings.Contains(weak, hex.EncodeToString(point[:]))
}

// ParseKey reads a vkey.
func ParseKey(vkey string) (*Key, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, text, _ := strings.Cut(rest, "+")
	data, err := base64.StdEncoding.DecodeString(text)
	sum := sha256.Sum256([]byte(name + "\n" + string(data)))
	if err != nil || base64.StdEncoding.EncodeToString(data) != text || len(data) != 33 || id != hex.EncodeToString(sum[:4]) {
		return nil, fmt.Errorf("not a vkey: %s", vkey)
	}
	k := &Key{vkey, name, binary.BigEndian.Uint32(sum[:]), data[0], [32]byte(data[1:])}
	if isWeak(k.Point) {
		return nil, fmt.Errorf("a key of small order: %s", vkey)
	}
	return k, nil
}

func (k *Key) Name() string    { return k.name }
func (k *Key) KeyHash() uint32 { return k.id }

// Verify says whether every library would accept the signature.
func (k *Key) Verify(text, sig []byte) bool {
	if k.Algorithm == 4 && len(sig) == 72 {
		text = fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), text)
		sig = sig[8:]
	}
	return len(sig) == 64 && !isWeak([32]byte(sig)) && ed25519.Verify(k.Point[:], text, sig)
}

// Head is a signed head, and at which seconds each cosigner signed it.
type Head struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Note   string
	Times  map[*Key][]int64
}

// OpenHead verifies the log's signature, by its key at the head's size, and every cosignature.
func OpenHead(data []byte, keyAt func(origin string, size int64) *Key, cosigners []*Key) (*Head, error) {
	text, lines, _ := strings.Cut(string(data), "\n\n")
	body := strings.Split(text, "\n")
	if len(body) != 3 {
		return nil, fmt.Errorf("not a head: %q", text)
	}
	size, err := strconv.ParseInt(body[1], 10, 64)
	root, wrong := tlog.ParseHash(body[2])
	own := keyAt(body[0], size)
	if err != nil || wrong != nil || own == nil || own.name != body[0] {
		return nil, fmt.Errorf("not a head of this log: %q", text)
	}
	h := &Head{body[0], size, root, string(data), map[*Key][]int64{}}
	if _, err := note.Open(data, note.VerifierList(own)); err != nil {
		return nil, fmt.Errorf("not signed by the log's key: %w", err)
	}
	for _, k := range append([]*Key{own}, cosigners...) {
		// Line by line: of two signatures by one key, note.Open looks only at the first.
		for _, line := range strings.SplitAfter(lines, "\n") {
			n, err := note.Open([]byte(text+"\n\n"+line), note.VerifierList(k))
			if _, unknown := err.(*note.UnverifiedNoteError); line == "" || unknown {
				continue
			} else if err != nil {
				return nil, err
			}
			sig, _ := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
			if k != own {
				h.Times[k] = append(h.Times[k], int64(binary.BigEndian.Uint64(sig[4:])))
			}
		}
	}
	return h, nil
}

// Policy says which keys sign a log, and which cosigners must be there.
type Policy struct {
	Logs       []string
	Cosigners  []*Key
	IsMet      func(signed func(*Key) bool) bool
	conditions map[string]func(signed func(*Key) bool) bool
}

// ParsePolicy reads a policy.
func ParsePolicy(text string) (*Policy, error) {
	always := func(func(*Key) bool) bool { return true }
	p := &Policy{conditions: map[string]func(func(*Key) bool) bool{"none": always}}
	control := func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 127 }
	if strings.ContainsFunc(text, control) || !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("a policy of other than whole lines")
	}
	for _, line := range strings.Split(text, "\n") {
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(words) > 0 && words[0][0] != '#' && !p.add(words) {
			return nil, fmt.Errorf("policy line %q", line)
		}
	}
	if p.IsMet == nil {
		return nil, fmt.Errorf("a policy without a quorum")
	}
	return p, nil
}

func (p *Policy) add(words []string) bool {
	switch {
	case len(words) >= 2 && len(words) <= 3 && words[0] == "log":
		p.Logs = append(p.Logs, words[1])
	case len(words) >= 3 && len(words) <= 4 && words[0] == "witness" && p.conditions[words[1]] == nil:
		k, err := ParseKey(words[2])
		if err != nil || k.Algorithm != 4 {
			return false
		}
		p.Cosigners = append(p.Cosigners, k)
		p.conditions[words[1]] = func(signed func(*Key) bool) bool { return signed(k) }
	case len(words) >= 4 && words[0] == "group" && p.conditions[words[1]] == nil:
		members := words[3:]
		need := map[string]int{"all": len(members), "any": 1}[words[2]]
		if need == 0 {
			need, _ = strconv.Atoi(words[2])
		}
		unknown := func(member string) bool { return member == "none" || p.conditions[member] == nil }
		if need < 1 || need > len(members) || slices.ContainsFunc(members, unknown) {
			return false
		}
		p.conditions[words[1]] = func(signed func(*Key) bool) bool {
			met := 0
			for _, member := range members {
				if p.conditions[member](signed) {
					met++
				}
			}
			return met >= need
		}
	case len(words) == 2 && words[0] == "quorum" && p.IsMet == nil:
		p.IsMet = p.conditions[words[1]]
		return p.IsMet != nil
	default:
		return false
	}
	return true
}
