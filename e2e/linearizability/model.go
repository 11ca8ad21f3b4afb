package main

import (
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/anishathalye/porcupine"
)

// keysPerCollection is how many sort keys an item collection has. Few, so that its whole state is small.
const keysPerCollection = 4

// The words of a history.
const (
	put    = "put"
	set    = "set"
	add    = "add"
	remove = "delete"
	read   = "read"

	done    = "done"
	refused = "refused"
	unknown = "unknown"

	guardAbsent  = "absent"
	guardPresent = "present"
	guardCount   = "count"

	viewItem    = "item"
	viewTable   = "table"
	viewByRank  = "by-rank"
	viewByCount = "by-count"
)

// cell is one item of the model; comparable, so that states are. The zero cell is an absent item.
type cell struct {
	present bool
	value   text
	count   number
	rank    number
}

type text struct {
	there bool
	is    string
}

type number struct {
	there bool
	is    int64
}

// collection is the state of the model: the items of one partition key. A query reads all of them at one instant.
type collection [keysPerCollection]cell

var seed = maphash.MakeSeed()

// model is the sequential specification of an item collection: what the operations would do one after the other.
//
// An attempt of unknown outcome has two next states: it took effect, or it did not.
func model() porcupine.Model {
	specification := porcupine.NondeterministicModel{
		Init: func() []any { return []any{collection{}} },
		Step: func(state, input, output any) []any {
			return step(state.(collection), input.(request), output.(response))
		},
		Hash:              func(state any) uint64 { return maphash.Comparable(seed, state.(collection)) },
		DescribeOperation: func(input, output any) string { return describe(input.(request), output.(response)) },
		DescribeState:     func(state any) string { return state.(collection).String() },
	}
	return specification.ToModel()
}

// step returns the states that may follow; none if the answer is impossible in this state.
func step(state collection, asked request, answer response) []any {
	if asked.Kind == read {
		if sees(state, asked, answer.Rows) {
			return []any{state}
		}
		return nil
	}
	before := state[asked.Key]
	holds := asked.holds(before)
	next := state
	if holds {
		next[asked.Key] = asked.apply(before)
	}
	switch {
	case answer.Outcome == unknown && holds:
		return []any{state, next}
	case answer.Outcome == unknown:
		return []any{state}
	case holds != (answer.Outcome == done), !answer.Before.shows(before), !answer.After.shows(next[asked.Key]):
		return nil
	}
	return []any{next}
}

// holds says whether the condition is met.
func (r request) holds(before cell) bool {
	switch r.Guard {
	case guardAbsent:
		return !before.present
	case guardPresent:
		return before.present
	case guardCount:
		return before.count == number{true, r.GuardCount}
	}
	return true
}

// apply returns what the write makes of an item.
func (r request) apply(before cell) cell {
	switch r.Kind {
	case put:
		return cellOf(r.Item)
	case set:
		after := cellOf(r.Item)
		after.count = before.count
		return after
	case add:
		before.present = true
		before.count = number{true, before.count.is + r.By}
		return before
	}
	return cell{}
}

// sees says whether a read of this state shows these rows: no more, no fewer, no other.
func sees(state collection, asked request, rows []row) bool {
	var shown collection
	for _, row := range rows {
		if shown[row.Key].present {
			return false
		}
		shown[row.Key] = cellOf(&row.item)
	}
	for key, item := range state {
		if asked.View == viewItem && key != asked.Key {
			item = cell{}
		}
		if project(item, asked.View) != shown[key] {
			return false
		}
	}
	return true
}

// project returns what a view holds of an item: a local index only has items with its sort key, and the one by count has
// keys only.
func project(item cell, view string) cell {
	switch {
	case view == viewByRank && !item.rank.there, view == viewByCount && !item.count.there:
		return cell{}
	case view == viewByCount:
		return cell{present: true, count: item.count}
	}
	return item
}

// shows says whether what was shown, if anything was, is this item.
func (s *sight) shows(item cell) bool {
	return s == nil || cellOf(s.Item) == item
}

func cellOf(from *item) cell {
	if from == nil {
		return cell{}
	}
	to := cell{present: true}
	if from.Value != nil {
		to.value = text{true, *from.Value}
	}
	if from.Count != nil {
		to.count = number{true, *from.Count}
	}
	if from.Rank != nil {
		to.rank = number{true, *from.Rank}
	}
	return to
}

func (n number) String() string {
	if !n.there {
		return "-"
	}
	return fmt.Sprint(n.is)
}

func (c cell) String() string {
	if !c.present {
		return "absent"
	}
	value := "-"
	if c.value.there {
		value = c.value.is
	}
	return fmt.Sprintf("%s count %s rank %s", value, c.count, c.rank)
}

func (c collection) String() string {
	var all []string
	for key, item := range c {
		all = append(all, fmt.Sprintf("%d: %s", key, item))
	}
	return strings.Join(all, "; ")
}

func describe(asked request, answer response) string {
	var text strings.Builder
	switch asked.Kind {
	case read:
		fmt.Fprintf(&text, "read %s", asked.View)
		if asked.View == viewItem {
			fmt.Fprintf(&text, " %d", asked.Key)
		}
	case add:
		fmt.Fprintf(&text, "add %d to %d", asked.By, asked.Key)
	case remove:
		fmt.Fprintf(&text, "delete %d", asked.Key)
	default:
		fmt.Fprintf(&text, "%s %d (%s)", asked.Kind, asked.Key, cellOf(asked.Item))
	}
	if asked.Guard != "" {
		fmt.Fprintf(&text, " if %s", asked.Guard)
	}
	if asked.Guard == guardCount {
		fmt.Fprintf(&text, " is %d", asked.GuardCount)
	}
	if asked.Kind != read {
		fmt.Fprintf(&text, " → %s", answer.Outcome)
	} else {
		text.WriteString(" →")
		for _, row := range answer.Rows {
			fmt.Fprintf(&text, " [%d: %s]", row.Key, cellOf(&row.item))
		}
	}
	if answer.Before != nil {
		fmt.Fprintf(&text, ", was %s", cellOf(answer.Before.Item))
	}
	if answer.After != nil {
		fmt.Fprintf(&text, ", is %s", cellOf(answer.After.Item))
	}
	return text.String()
}
