package htmltest

import (
	"strings"
	"testing"
)

// TestFaultsFindsFaults is the control of the test above.
func TestFaultsFindsFaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ page, want string }{
		{`<p style="color:red">x</p>`, "style attribute"},
		{`<script>x()</script>`, "inline script"},
		{`<style>p{}</style>`, "inline style"},
		{`<button onclick="x()">x</button>`, "onclick attribute"},
		{`<a href="javascript:x()">x</a>`, "javascript"},
		{`<div><p>x</div>`, "closes div p"},
		{`<p>x`, "never closed"},
		{`<p id="a"></p><p id="a"></p>`, "id a is there twice"},
		{`<label for="b">x</label>`, "points to no id: b"},
		{`<p>⟦ui.gone⟧</p>`, "⟦"},
	}
	for _, test := range tests {
		if got := strings.Join(Faults([]byte(test.page)), "\n"); !strings.Contains(got, test.want) {
			t.Errorf("Faults(%s) = %q, want %q", test.page, got, test.want)
		}
	}
	if got := Faults([]byte(`<!DOCTYPE html><p id="a">x<br/><input aria-describedby="a"></p>`)); len(got) > 0 {
		t.Errorf("faults finds %v in a good page", got)
	}
}
