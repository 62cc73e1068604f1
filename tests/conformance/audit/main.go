// Checks what countersign wrote about its audit trail with the code of Go's checksum database, which
// shares nothing with it: the signed notes, the inclusion and consistency proofs, and the whole tree
// from the exported entries.
//
//	audit VKEY CHECKPOINT KEPT CONSISTENCY EXPORT.jsonl PROOF.tlog-proof ...
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var verifiers note.Verifiers

func main() {
	log.SetFlags(0)
	if len(os.Args) < 7 {
		log.Fatal("usage: audit VKEY CHECKPOINT KEPT CONSISTENCY EXPORT.jsonl PROOF.tlog-proof ...")
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(read(os.Args[1])))
	check(err, "the verifier key")
	verifiers = note.VerifierList(verifier)

	newest := checkpoint(read(os.Args[2]))
	kept := checkpoint(read(os.Args[3]))
	consistency(read(os.Args[4]), kept, newest)
	entries := export(os.Args[5], newest)
	for _, path := range os.Args[6:] {
		inclusion(read(path), newest, entries)
	}
	fmt.Printf("note and tlog agree: %d entries, %d proofs, consistent since %d\n",
		newest.N, len(os.Args[6:]), kept.N)
}

// A checkpoint has the form of the checksum database's tree, but for its first line.
func checkpoint(text string) tlog.Tree {
	opened, err := note.Open([]byte(text), verifiers)
	check(err, "a checkpoint")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != opened.Sigs[0].Name {
		log.Fatalf("a checkpoint of another form: %q", opened.Text)
	}
	n, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, "a tree size")
	hash, err := tlog.ParseHash(lines[2])
	check(err, "a root hash")
	return tlog.Tree{N: n, Hash: hash}
}

func consistency(text string, kept, newest tlog.Tree) {
	head, signed, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if lines[0] != fmt.Sprintf("old %d", kept.N) || checkpoint(signed) != newest {
		log.Fatalf("a consistency proof between other checkpoints: %q", head)
	}
	proof := tlog.TreeProof(hashes(lines[1:]))
	check(tlog.CheckTree(proof, newest.N, newest.Hash, kept.N, kept.Hash), "a consistency proof")
	if len(proof) > 0 {
		proof[0][0] ^= 1
		if tlog.CheckTree(proof, newest.N, newest.Hash, kept.N, kept.Hash) == nil {
			log.Fatal("a changed consistency proof passed")
		}
	}
}

// Builds the tree from nothing but the exported payloads.
func export(path string, newest tlog.Tree) map[int64]string {
	file, err := os.Open(path)
	check(err, "the export")
	defer file.Close()

	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	entries := map[int64]string{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Leaf    int64
			Payload json.RawMessage
		}
		check(json.Unmarshal(lines.Bytes(), &line), "an exported line")
		if line.Leaf != int64(len(entries)) {
			log.Fatalf("leaf %d was exported as number %d", line.Leaf, len(entries))
		}
		if line.Leaf >= newest.N {
			break // Sealed after the checkpoint was written.
		}
		entries[line.Leaf] = string(line.Payload)
		hashes, err := tlog.StoredHashes(line.Leaf, line.Payload, reader)
		check(err, "hashing a leaf")
		stored = append(stored, hashes...)
	}
	check(lines.Err(), "reading the export")

	root, err := tlog.TreeHash(newest.N, reader)
	check(err, "the tree of the export")
	if root != newest.Hash {
		log.Fatalf("the exported entries hash to %v, the checkpoint says %v", root, newest.Hash)
	}
	return entries
}

func inclusion(text string, newest tlog.Tree, entries map[int64]string) {
	head, signed, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		log.Fatalf("a proof of another form: %q", head)
	}
	payload, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	check(err, "the entry in a proof")
	leaf, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	check(err, "the index in a proof")
	if entries[leaf] != string(payload) {
		log.Fatalf("the proof of leaf %d has another entry than the export", leaf)
	}

	tree := checkpoint(signed)
	proof, record := tlog.RecordProof(hashes(lines[3:])), tlog.RecordHash(payload)
	check(tlog.CheckRecord(proof, tree.N, tree.Hash, leaf, record), "an inclusion proof")
	record[0] ^= 1
	if tlog.CheckRecord(proof, tree.N, tree.Hash, leaf, record) == nil {
		log.Fatal("the proof of another entry passed")
	}
}

func hashes(lines []string) []tlog.Hash {
	var all []tlog.Hash
	for _, line := range lines {
		if line == "" {
			continue
		}
		hash, err := tlog.ParseHash(line)
		check(err, "a hash in a proof")
		all = append(all, hash)
	}
	return all
}

func read(path string) string {
	text, err := os.ReadFile(path)
	check(err, "reading")
	return string(text)
}

func check(err error, what string) {
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}
