package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"parley.example/against/c2sp"
)

// readGiven returns the keys that the verifying person has, and the link keys: those, else the pack's.
func readGiven(path string, ofPack []string) (points, map[string]*c2sp.Key) {
	given, links := points{}, map[string]*c2sp.Key{}
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	for n, vkey := range append(strings.Fields(string(data)), ofPack...) {
		key, err := c2sp.ParseKey(vkey)
		fromPack := n >= len(strings.Fields(string(data)))
		if err != nil || fromPack && given[key.Name()] != nil && !given[key.Name()][key.Point] {
			panic(fmt.Sprint("key of the pack: ", vkey, " ", err))
		}
		if !fromPack {
			given.add(key.Name(), key.Point)
		}
		if links[key.Name()] == nil {
			links[key.Name()] = key
		}
	}
	return given, links
}

func (p points) add(name string, point [32]byte) {
	if p[name] == nil {
		p[name] = map[[32]byte]bool{}
	}
	p[name][point] = true
}

// vouchFor says whether a log begins with a given key, or with one that took over from one.
func (p points) vouchFor(h *history, logs []*history) bool {
	name := "parley/" + h.party() + "/log"
	for range logs {
		for _, other := range logs {
			for _, one := range other.Keys {
				if other.party() == h.party() && p[name][one.key.Point] {
					for _, same := range other.Keys {
						p.add(name, same.key.Point)
					}
				}
			}
		}
	}
	return p[name][h.Keys[0].key.Point]
}

// party is the third part of parley.example/AGREEMENT/PARTY/KIND/YEAR.
func (h *history) party() string { return strings.Split(h.Origin, "/")[2] }

func (h *history) keyAt(origin string, size int64) (found *c2sp.Key) {
	for _, one := range h.Keys {
		if origin == h.Origin && one.From <= size {
			found = one.key
		}
	}
	return found
}

func (h *history) newest() *c2sp.Head { return h.heads[len(h.heads)-1] }

// readKeys is step 1: the log's keys and its policy.
func (h *history) readKeys(given points) {
	var err error
	h.policy, err = c2sp.ParsePolicy(string(h.file("policy")))
	h.check(err == nil, -1, "%v", err)
	h.check(len(h.Keys) > 0 && len(h.Keys) == len(h.policy.Logs), -1, "policy of other keys")
	for i := range h.Keys {
		key, err := c2sp.ParseKey(h.Keys[i].Vkey)
		h.check(err == nil && key.Algorithm == 1 && key.Name() == h.Origin, -1, "its key: %v", err)
		h.check(h.policy.Logs[i] == h.Keys[i].Vkey, -1, "policy of other keys")
		h.Keys[i].key = key
	}
	for _, k := range h.policy.Cosigners {
		h.check(given[k.Name()] == nil || given[k.Name()][k.Point], -1, "not the given key of %s", k.Name())
	}
}

// readHeads is steps 2 and 3: the log's signature, then every cosignature, on every head.
func (h *history) readHeads() {
	for _, size := range h.Heads {
		found, err := c2sp.OpenHead(h.file("head.%d", size), h.keyAt, h.policy.Cosigners)
		h.check(err == nil, -1, "head.%d: %v", size, err)
		h.check(found.Size == size, min(found.Size, size), "a head of %d stands for one of %d", found.Size, size)
		h.heads = append(h.heads, found)
	}
}

// isHeld says whether the quorum cosigned a head in this second or later.
func (h *history) isHeld(head *c2sp.Head, since int64) bool {
	return h.policy.IsMet(func(k *c2sp.Key) bool {
		for _, at := range head.Times[k] {
			if at >= since {
				return true
			}
		}
		return false
	})
}

func (h *history) quorum() {
	for _, k := range h.policy.Cosigners {
		if len(h.newest().Times[k]) > 0 || h.isHeld(h.newest(), 0) {
			continue
		}
		last := "never cosigned"
		for _, head := range h.heads {
			for _, at := range head.Times[k] {
				last = "stopped cosigning at " + time.Unix(at, 0).UTC().Format(time.RFC3339)
			}
		}
		h.doubt(false, "%s %s", k.Name(), last)
	}
}

// compareWindow: a pack that claims all of a time shows it without a gap, and is not stale.
func (h *history) compareWindow(m manifest) {
	if m.Window == nil {
		return
	}
	h.check(h.isHeld(h.newest(), m.Window.To_us/1e6), h.newest().Size, "stale: not cosigned up to the window's end")
	before := int64(0)
	for _, head := range h.heads {
		for k, times := range head.Times {
			for _, at := range times {
				if k.Algorithm == 4 && at*1e6 <= m.Window.From_us {
					before = max(before, head.Size)
				}
			}
		}
	}
	start, end := h.newest().Size, h.newest().Size
	if len(h.Ranges) > 0 {
		start, end = h.Ranges[0].Start, h.Ranges[0].End
	}
	h.check(end == h.newest().Size, end, "not shown, though the pack claims its time")
	h.check(start <= before, before, "not shown, though the pack claims its time")
}
