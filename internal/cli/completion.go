package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completeVerb is how shells ask for what may follow; it is no command for people.
const completeVerb = "__complete"

// completionCommand prints what teaches a shell to complete our command lines.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish"`
}

// completions are the scripts. Each asks the program itself, so that they never grow stale.
var completions = map[string]string{
	"bash": `_chiave() {
	local IFS=$'\n'
	COMPREPLY=($(compgen -W "$(chiave __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}")" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _chiave chiave
`,
	"zsh": `#compdef chiave
_chiave() {
	local -a candidates
	candidates=("${(@f)$(chiave __complete "${(@)words[2,CURRENT-1]}")}")
	compadd -- $candidates || _files
}
compdef _chiave chiave
`,
	"fish": `complete -c chiave -f -a '(chiave __complete (commandline -opc)[2..-1])'
`,
}

func (c *completionCommand) run(_ context.Context, s *session) error {
	_, err := fmt.Fprint(s.Stdout, completions[c.Shell])
	return err
}

// complete prints what may follow the words: commands, values of an argument, flags.
func complete(s *session, words []string) {
	node := s.model.Node
	for _, word := range words {
		if i := slices.IndexFunc(node.Children, func(c *kong.Node) bool { return c.Name == word }); i >= 0 {
			node = node.Children[i]
		}
	}
	for _, c := range node.Children {
		fmt.Fprintln(s.Stdout, c.Name)
	}
	for _, a := range node.Positional {
		if a.Enum != "" {
			fmt.Fprintln(s.Stdout, strings.ReplaceAll(a.Enum, ",", "\n"))
		}
	}
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			fmt.Fprintln(s.Stdout, "--"+f.Name)
		}
	}
}

// versionCommand says which program this is.
type versionCommand struct{}

// version is what the binary knows of how it was built.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// built returns what the binary knows of itself.
func built() version {
	v := version{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = strings.Trim(info.Main.Version, "()")
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			v.Revision = setting.Value
		}
	}
	return v
}

func (c *versionCommand) run(_ context.Context, s *session) error {
	v := built()
	return s.show(v, func() {
		s.say(strings.TrimSpace(fmt.Sprintf("chiave %s %s", v.Version, v.Revision)))
		s.say(v.Go + " " + v.Platform)
	})
}
