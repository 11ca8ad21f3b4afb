package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// lineBytesMax bounds one line: a query's answer names at most keysPerCollection small items.
const lineBytesMax = 1 << 20

// entry is one line of a history: one attempt of one client, from its call to its answer.
//
// An attempt without an answer has the outcome "unknown" and returns when the process it was sent to had ended: until then
// it may take effect, afterwards it may not.
type entry struct {
	Collection string   `json:"collection"`
	Client     int      `json:"client"`
	Life       int      `json:"life"`
	Call       int64    `json:"call_ns"`
	Return     int64    `json:"return_ns"`
	Request    request  `json:"request"`
	Answer     response `json:"answer"`
}

// request says what a client asked for. Which fields count depends on the kind.
type request struct {
	// Kind is put, set, add, delete or read.
	Kind string `json:"kind"`
	// Key is the sort key, for all kinds but reads of a view.
	Key int `json:"key"`
	// Item is what a put or a set writes.
	Item *item `json:"item,omitempty"`
	// By is what an add adds.
	By int64 `json:"by,omitempty"`
	// Guard is the condition: empty, absent, present or count.
	Guard string `json:"guard,omitempty"`
	// GuardCount is the count that the guard "count" asks for.
	GuardCount int64 `json:"guard_count,omitempty"`
	// View is what a read looks at: item, table, by-rank or by-count.
	View string `json:"view,omitempty"`
}

// response says what came of it.
type response struct {
	// Outcome is done, refused (the condition did not hold) or unknown.
	Outcome string `json:"outcome"`
	// Before and After are the item as an acknowledged or refused write showed it.
	Before *sight `json:"before,omitempty"`
	After  *sight `json:"after,omitempty"`
	// Rows are what a read showed.
	Rows []row `json:"rows,omitempty"`
}

// sight is an item that was shown, or shown to be absent.
type sight struct {
	Item *item `json:"item"`
}

// row is one item of a read.
type row struct {
	Key int `json:"key"`
	item
}

// item is what the model knows of an item. Nil is an attribute that is not there.
type item struct {
	Value *string `json:"value,omitempty"`
	Count *int64  `json:"count,omitempty"`
	Rank  *int64  `json:"rank,omitempty"`
}

// readHistory reads entries, one JSON object a line, and groups them by collection in the order of appearance.
func readHistory(from io.Reader, into *history) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 64<<10), lineBytesMax)
	for number := 1; lines.Scan(); number++ {
		var one entry
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if err := one.check(); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		into.add(one)
	}
	return lines.Err()
}

// history holds entries by collection.
type history struct {
	names   []string
	entries map[string][]entry
}

func (h *history) add(one entry) {
	if h.entries == nil {
		h.entries = make(map[string][]entry)
	}
	if _, known := h.entries[one.Collection]; !known {
		h.names = append(h.names, one.Collection)
	}
	h.entries[one.Collection] = append(h.entries[one.Collection], one)
}

// check refuses what the model would otherwise take for something else.
func (e entry) check() error {
	switch {
	case e.Return < e.Call:
		return fmt.Errorf("it returns before it was called")
	case !oneOf(e.Answer.Outcome, done, refused, unknown):
		return fmt.Errorf("the outcome is %q", e.Answer.Outcome)
	case !oneOf(e.Request.Guard, "", guardAbsent, guardPresent, guardCount):
		return fmt.Errorf("the guard is %q", e.Request.Guard)
	case e.Answer.Outcome == refused && e.Request.Guard == "":
		return fmt.Errorf("it was refused without a condition")
	case e.Request.Key < 0 || e.Request.Key >= keysPerCollection:
		return fmt.Errorf("the key is %d, not below %d", e.Request.Key, keysPerCollection)
	}
	for _, row := range e.Answer.Rows {
		if row.Key < 0 || row.Key >= keysPerCollection {
			return fmt.Errorf("a row has key %d, not below %d", row.Key, keysPerCollection)
		}
	}
	switch e.Request.Kind {
	case put, set:
		if e.Request.Item == nil {
			return fmt.Errorf("a %s has no item", e.Request.Kind)
		}
	case add, remove:
	case read:
		if !oneOf(e.Request.View, viewItem, viewTable, viewByRank, viewByCount) {
			return fmt.Errorf("the view is %q", e.Request.View)
		}
		if e.Answer.Outcome != done {
			return fmt.Errorf("a read that showed nothing does not belong in a history")
		}
	default:
		return fmt.Errorf("the kind is %q", e.Request.Kind)
	}
	return nil
}

func oneOf(word string, words ...string) bool {
	for _, one := range words {
		if word == one {
			return true
		}
	}
	return false
}
