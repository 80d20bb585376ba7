package config_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"chiave/internal/platform/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md instead of comparing it")

const docs = "../../../docs/configuration.md"

const docsHead = `# Configuration

<!-- Generated from internal/platform/config: go test ./internal/platform/config -update -->

A setting has one name, written three ways: ` + "`--data-dir`" + ` as a flag, ` + "`CHIAVE_DATA_DIR`" + ` in the environment, ` + "`data_dir`" + ` in the file. A flag
wins over the environment, the environment over the file, the file over the default. An empty value counts as not set.

The file, named by ` + "`--config`" + `, has one setting per line. There are no sections and no quotes; a line that begins with ` + "`#`" + ` is a
comment:

    # /etc/chiave/chiave.conf
    data_dir = /var/lib/chiave
    listen   = 127.0.0.1:8080
    base_url = https://licensing.example.com

A name that does not exist is refused, and the nearest one that does is named.

**Secrets** are never settings: a setting names the file that holds the secret. With systemd, hand the file over as a
credential (` + "`LoadCredential=root_key:/etc/chiave/root.key`" + `) and set nothing. A database address with a password in it is refused.
`

func TestDocsAreFresh(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(docsHead)
	for _, s := range config.Describe() {
		usual := s.Default
		if !strings.Contains(usual, " ") || strings.HasPrefix(usual, "Chiave <") {
			usual = "`" + usual + "`"
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n`%s` · `%s` · default: %s\n", s.Name, s.Doc, s.Flag, s.Env, usual)
	}
	if *update {
		if err := os.WriteFile(docs, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(docs)
	if err != nil || string(got) != b.String() {
		t.Errorf("docs/configuration.md is stale: run go test ./internal/platform/config -update (%v)", err)
	}
}

// TestTheOperatorsFileLeavesSecretsToSystemd: a file that the settings name counts before the credential that the unit hands over.
func TestTheOperatorsFileLeavesSecretsToSystemd(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../../docs/operator.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(guide)) {
		name, _, set := strings.Cut(strings.TrimSpace(line), "=")
		name = strings.TrimSpace(name)
		if set && strings.HasPrefix(line, "    ") && (name == "root_key_file" || name == "database_password_file" || name == "smtp_password_file") {
			t.Errorf("docs/operator.md sets %s, which the unit hands over as a credential", name)
		}
	}
}
