package web

import "testing"

// What is imported is nobody's command.
func TestShellWord(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"E-1001": "E-1001", "": "''", "N 1": "'N 1'", "x;rm -rf ~": "'x;rm -rf ~'", "a'b": `'a'\''b'`, "$(id)": "'$(id)'", "-x\ny": "'-x\ny'",
	} {
		if got := shellWord(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
