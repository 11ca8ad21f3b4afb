// Command linearizability checks histories of item collections.
//
// It reads one JSON object a line (see entry), checks each collection against a sequential model with porcupine, and prints
// one JSON object: the verdict. The first collection that no order explains is drawn as an HTML page that shows where every
// order breaks. It exits with 0 if all are linearizable, with 1 if one is not, and with 2 if it could not tell.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

// The verdicts; undecided is one that ran out of time.
const (
	linearizable = "linearizable"
	violation    = "violation"
	undecided    = "undecided"
)

// The exit codes.
const (
	exitLinearizable = iota
	exitViolation
	exitUndecided
)

// verdict is what is printed.
type verdict struct {
	Verdict     string `json:"verdict"`
	Collections int    `json:"collections"`
	Operations  int    `json:"operations"`
	// Collection is the one at fault.
	Collection string `json:"collection,omitempty"`
	// Page is where it is drawn.
	Page string `json:"page,omitempty"`
}

func main() {
	page := flag.String("page", "violation.html", "where to draw a violation")
	limit := flag.Duration("limit", time.Minute, "how long one collection may take")
	flag.Parse()
	code, err := run(flag.Args(), *page, *limit)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	os.Exit(code)
}

// run returns the exit code.
func run(files []string, page string, limit time.Duration) (int, error) {
	var all history
	if len(files) == 0 {
		if err := readHistory(os.Stdin, &all); err != nil {
			return exitUndecided, fmt.Errorf("standard input: %w", err)
		}
	}
	for _, name := range files {
		if err := readFile(name, &all); err != nil {
			return exitUndecided, fmt.Errorf("%s: %w", name, err)
		}
	}
	result, drawing := check(all, limit)
	if drawing != nil {
		if err := porcupine.VisualizePath(model(), *drawing, page); err != nil {
			return exitUndecided, fmt.Errorf("cannot draw the violation: %w", err)
		}
		result.Page = page
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		return exitUndecided, err
	}
	switch result.Verdict {
	case linearizable:
		return exitLinearizable, nil
	case violation:
		return exitViolation, nil
	}
	return exitUndecided, nil
}

func readFile(name string, into *history) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return readHistory(file, into)
}

// check stops at the first collection that is not linearizable and returns how far its orders come. One that takes too
// long is told only if no other is at fault.
func check(all history, limit time.Duration) (verdict, *porcupine.LinearizationInfo) {
	result := verdict{Verdict: linearizable, Collections: len(all.names)}
	for _, name := range all.names {
		result.Operations += len(all.entries[name])
	}
	for _, name := range all.names {
		list := operations(all.entries[name])
		switch porcupine.CheckOperationsTimeout(model(), list, limit) {
		case porcupine.Illegal:
			// Again, this time keeping how far each order comes.
			_, drawing := porcupine.CheckOperationsVerbose(model(), list, limit)
			result.Verdict, result.Collection = violation, name
			return result, &drawing
		case porcupine.Unknown:
			result.Verdict, result.Collection = undecided, name
		}
	}
	return result, nil
}

func operations(entries []entry) []porcupine.Operation {
	list := make([]porcupine.Operation, 0, len(entries))
	for _, one := range entries {
		list = append(list, porcupine.Operation{
			ClientId: one.Client,
			Input:    one.Request,
			Call:     one.Call,
			Output:   one.Answer,
			Return:   one.Return,
			Metadata: fmt.Sprintf("life %d", one.Life),
		})
	}
	return list
}
