package e2e

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestValueAt(t *testing.T) {
	t.Parallel()
	const document = `{"rows": [{"n": 120, "on": true, "none": null}, {"n": 7, "address": "a@b.example", "in": {"deep": "x"}}]}`
	for path, want := range map[string]string{
		"rows/0/n": "120", "rows/0/on": "true", "rows/0/none": "", "rows/len": "2", "rows/n=7/address": "a@b.example",
		"rows/address=a@b.example/n": "7", "rows/1/in": `{"deep":"x"}`, "rows/n=7/in/deep": "x",
	} {
		if got, err := valueAt(document, path); got != want || err != nil {
			t.Errorf("%s: got %q (%v), want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"rows/2", "rows/-1", "rows/n=8", "columns", "rows/0/n/deeper"} {
		if got, err := valueAt(document, path); err == nil {
			t.Errorf("%s: got %q, want an error", path, got)
		}
	}
}

func TestVisitorReads(t *testing.T) {
	t.Parallel()
	doc, err := html.Parse(strings.NewReader(`<html><head><title>No</title></head><body><p>One <b>two</b></p><script>no</script>
		<form action="/a"><input type="hidden" name="once" value="k1"><input name="shown" value="x"></form>
		<table><tbody><tr><td><span class="cell-label">Version</span>2024</td><td><details><summary>7</summary>folded</details></td></tr></tbody></table></body></html>`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := visibleText(doc), "One two \nVersion 2024 7 folded \n"; got != want {
		t.Errorf("text: got %q, want %q", got, want)
	}
	if got := hiddenFields(doc)["/a"].Encode(); got != "once=k1" {
		t.Errorf("hidden fields: got %q", got)
	}
	if got, want := strings.Join(strings.Fields(seen(doc.LastChild)), " "), "One two 2024 7"; got != want {
		t.Errorf("seen: got %q, want %q", got, want)
	}
}
