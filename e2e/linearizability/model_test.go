package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A history in lines of `call return request → answer`, in the notation of parse.
type story struct {
	name string
	// sound is a history that must pass; doctored is the same with one answer changed, and must not.
	sound, doctored string
}

var stories = []story{
	{
		name: "an acknowledged write is lost",
		sound: `
			0 10 put 0 a → done
			20 30 read item 0 → [0 a]`,
		doctored: `
			0 10 put 0 a → done
			20 30 read item 0 →`,
	},
	{
		name: "a read is stale",
		sound: `
			0 10 put 0 a → done
			20 30 put 0 b → done
			25 35 read item 0 → [0 a]`,
		doctored: `
			0 10 put 0 a → done
			20 30 put 0 b → done
			35 45 read item 0 → [0 a]`,
	},
	{
		name: "reads go back in time while a write is under way",
		sound: `
			0 10 put 0 a → done
			20 90 put 0 b → done
			30 40 read item 0 → [0 a]
			50 60 read item 0 → [0 b]`,
		doctored: `
			0 10 put 0 a → done
			20 90 put 0 b → done
			30 40 read item 0 → [0 b]
			50 60 read item 0 → [0 a]`,
	},
	{
		name: "a write is half visible: the index has no entry",
		sound: `
			0 10 put 0 a rank=7 → done
			20 30 read by-rank → [0 a rank=7]`,
		doctored: `
			0 10 put 0 a rank=7 → done
			20 30 read by-rank →`,
	},
	{
		name: "a write is half visible: the index keeps an old entry",
		sound: `
			0 10 put 0 a rank=7 → done
			20 30 set 0 b → done
			40 50 read by-rank →`,
		doctored: `
			0 10 put 0 a rank=7 → done
			20 30 set 0 b → done
			40 50 read by-rank → [0 a rank=7]`,
	},
	{
		name: "a write of unknown outcome is half visible",
		sound: `
			0 10 put 0 a rank=7 → unknown
			20 30 read table → [0 a rank=7]
			40 50 read by-rank → [0 a rank=7]`,
		doctored: `
			0 10 put 0 a rank=7 → unknown
			20 30 read table → [0 a rank=7]
			40 50 read by-rank →`,
	},
	{
		name: "the index by count keeps the count before",
		sound: `
			0 10 add 0 5 → done
			20 30 add 0 2 → done after count=7
			40 50 read by-count → [0 count=7]`,
		doctored: `
			0 10 add 0 5 → done
			20 30 add 0 2 → done after count=7
			40 50 read by-count → [0 count=5]`,
	},
	{
		name: "a write comes back from the dead",
		// The process had ended at 10: what was not there then can never come.
		sound: `
			0 10 put 0 a → unknown
			20 30 read item 0 →
			40 50 read item 0 →`,
		doctored: `
			0 10 put 0 a → unknown
			20 30 read item 0 →
			40 50 read item 0 → [0 a]`,
	},
	{
		name: "a deleted item comes back",
		sound: `
			0 10 put 0 a → done
			20 30 delete 0 → done before a
			40 50 read table →`,
		doctored: `
			0 10 put 0 a → done
			20 30 delete 0 → done before a
			40 50 read table → [0 a]`,
	},
	{
		name: "an update is lost: two swaps of one count",
		sound: `
			0 10 add 0 1 → done
			20 30 add 0 1 if count is 1 → done
			20 30 add 0 1 if count is 1 → refused`,
		doctored: `
			0 10 add 0 1 → done
			20 30 add 0 1 if count is 1 → done
			20 30 add 0 1 if count is 1 → done`,
	},
	{
		name: "a counter counts twice",
		sound: `
			0 10 add 0 1 → done
			20 30 add 0 1 → unknown
			40 50 read item 0 → [0 count=2]`,
		doctored: `
			0 10 add 0 1 → done
			20 30 add 0 1 → unknown
			40 50 read item 0 → [0 count=3]`,
	},
	{
		name: "two create what can be created once",
		sound: `
			0 30 put 0 a if absent → done
			0 30 put 0 b if absent → refused before a`,
		doctored: `
			0 30 put 0 a if absent → done
			0 30 put 0 b if absent → done`,
	},
	{
		name: "a refusal shows an item that nobody wrote",
		sound: `
			0 10 put 0 a → done
			20 30 put 0 b if absent → refused before a`,
		doctored: `
			0 10 put 0 a → done
			20 30 put 0 b if absent → refused before c`,
	},
	{
		name: "a write is refused though its condition holds",
		sound: `
			0 10 put 0 a if absent → unknown
			20 30 put 0 b if absent → refused`,
		doctored: `
			0 10 put 0 a if present → unknown
			20 30 put 0 b if absent → refused`,
	},
	{
		name: "a page is of two instants",
		sound: `
			0 10 put 0 a → done
			20 30 put 1 b → done
			5 25 read table → [0 a]`,
		doctored: `
			0 10 put 0 a → done
			20 30 put 1 b → done
			5 25 read table → [1 b]`,
	},
	{
		name: "an item is shown with another's attribute",
		sound: `
			0 10 put 0 a rank=1 → done
			20 30 put 0 b rank=2 → done
			40 50 read item 0 → [0 b rank=2]`,
		doctored: `
			0 10 put 0 a rank=1 → done
			20 30 put 0 b rank=2 → done
			40 50 read item 0 → [0 b rank=1]`,
	},
}

func TestViolationsAreFound(t *testing.T) {
	for _, story := range stories {
		t.Run(story.name, func(t *testing.T) {
			if got, _ := check(parse(t, story.sound), time.Minute); got.Verdict != linearizable {
				t.Errorf("the sound history: %+v", got)
			}
			got, drawing := check(parse(t, story.doctored), time.Minute)
			if got.Verdict != violation || got.Collection != "c" || drawing == nil {
				t.Errorf("the doctored history: %+v", got)
			}
		})
	}
}

// Many attempts of unknown outcome at once are what a kill under load leaves behind.
func TestManyUnknownOutcomesAreDecidedQuickly(t *testing.T) {
	var lines strings.Builder
	for life := range 20 {
		for client := range 8 {
			fmt.Fprintf(&lines, "%d %d put %d w%d-%d → unknown\n", life*100+client, life*100+50, client%2, life, client)
		}
		fmt.Fprintf(&lines, "%d %d read item 0 → [0 w%d-4]\n", life*100+60, life*100+70, life)
	}
	begin := time.Now()
	if got, _ := check(parse(t, lines.String()), time.Minute); got.Verdict != linearizable {
		t.Errorf("%+v", got)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAViolationIsDrawn(t *testing.T) {
	page := filepath.Join(t.TempDir(), "violation.html")
	file := filepath.Join(t.TempDir(), "history.jsonl")
	var lines bytes.Buffer
	for _, one := range parse(t, stories[0].sound).entries["c"] {
		if err := json.NewEncoder(&lines).Encode(one); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, err := run([]string{file}, page, time.Minute); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v", code, err)
	}
	doctored := bytes.Replace(lines.Bytes(), []byte(`"value":"a"}]`), []byte(`"value":"z"}]`), 1)
	if err := os.WriteFile(file, doctored, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, err := run([]string{file}, page, time.Minute); code != 1 || err != nil {
		t.Fatalf("exit code %d, %v", code, err)
	}
	if drawn, err := os.ReadFile(page); err != nil || !bytes.Contains(drawn, []byte("read item 0")) {
		t.Errorf("nothing was drawn: %v", err)
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	for _, line := range []string{
		`{"request":{"kind":"put","item":{}},"answer":{"outcome":"maybe"}}`,
		`{"request":{"kind":"put"},"answer":{"outcome":"done"}}`,
		`{"request":{"kind":"pat","item":{}},"answer":{"outcome":"done"}}`,
		`{"request":{"kind":"delete","key":4},"answer":{"outcome":"done"}}`,
		`{"request":{"kind":"delete"},"answer":{"outcome":"refused"}}`,
		`{"request":{"kind":"read","view":"item"},"answer":{"outcome":"unknown"}}`,
		`{"call_ns":2,"return_ns":1,"request":{"kind":"delete"},"answer":{"outcome":"done"}}`,
		`{"request"`,
	} {
		if err := readHistory(strings.NewReader(line), new(history)); err == nil {
			t.Errorf("taken: %s", line)
		}
	}
}

// parse reads lines such as `0 10 put 0 a rank=7 if absent → refused before b`, `add 0 2 → done after count=7` and
// `read table → [0 a rank=7] [1 b]`, all of one collection.
func parse(t *testing.T, text string) history {
	t.Helper()
	var all history
	for number, line := range strings.Split(strings.TrimSpace(text), "\n") {
		asked, answered, _ := strings.Cut(strings.TrimSpace(line), "→")
		one := entry{Collection: "c", Client: number}
		var kind string
		scan(t, asked, "%d %d %s", &one.Call, &one.Return, &kind)
		one.Request.Kind = kind
		words := strings.Fields(asked)[3:]
		if kind == read {
			one.Request.View = words[0]
			words = words[1:]
		}
		if len(words) > 0 {
			scan(t, words[0], "%d", &one.Request.Key)
			words = words[1:]
		}
		what, guard, _ := strings.Cut(strings.Join(words, " "), "if ")
		switch kind {
		case add:
			scan(t, what, "%d", &one.Request.By)
		case put, set:
			one.Request.Item = parseItem(t, what)
		}
		if strings.HasPrefix(guard, "count is") {
			scan(t, guard, "count is %d", &one.Request.GuardCount)
			guard = guardCount
		}
		one.Request.Guard = strings.TrimSpace(guard)
		one.Answer = parseAnswer(t, answered, kind)
		if err := one.check(); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all.add(one)
	}
	return all
}

func parseAnswer(t *testing.T, text, kind string) response {
	if kind == read {
		answer := response{Outcome: done}
		for _, part := range strings.Split(text, "[")[1:] {
			var shown row
			scan(t, part, "%d", &shown.Key)
			_, rest, _ := strings.Cut(strings.TrimRight(part, "] "), " ")
			shown.item = *parseItem(t, rest)
			answer.Rows = append(answer.Rows, shown)
		}
		return answer
	}
	answer := response{Outcome: strings.Fields(text)[0]}
	if _, before, there := strings.Cut(text, "before"); there {
		answer.Before = &sight{parseItem(t, before)}
	}
	if _, after, there := strings.Cut(text, "after"); there {
		answer.After = &sight{parseItem(t, after)}
	}
	return answer
}

func parseItem(t *testing.T, text string) *item {
	parsed := new(item)
	for _, word := range strings.Fields(text) {
		name, value, named := strings.Cut(word, "=")
		switch {
		case !named:
			parsed.Value = &word
		case name == "rank":
			parsed.Rank = new(int64)
			scan(t, value, "%d", parsed.Rank)
		default:
			parsed.Count = new(int64)
			scan(t, value, "%d", parsed.Count)
		}
	}
	return parsed
}

func scan(t *testing.T, text, format string, into ...any) {
	t.Helper()
	if _, err := fmt.Sscanf(text, format, into...); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
}
