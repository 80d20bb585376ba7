package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"chiave/internal/platform/i18n"
)

// describe fills the help of every command, argument and flag in from the catalogs.
func describe(n *kong.Node, out i18n.Printer) {
	n.Help = out.T("cli.help." + catalogPath(n))
	for _, arg := range n.Positional {
		arg.Help = out.T("cli.arg." + catalogPath(n) + "." + catalogName(arg.Name))
	}
	for _, f := range n.Flags {
		f.Help = out.T("cli.flag." + flagText(n, f, out))
	}
	for _, child := range n.Children {
		describe(child, out)
	}
}

// flagText returns where the help of a flag is under cli.flag: at its own place, or at the one that the flags of this name share.
func flagText(n *kong.Node, f *kong.Flag, out i18n.Printer) string {
	name := catalogName(f.Name)
	if own := catalogPath(n) + "." + name; out.Has("cli.flag." + own) {
		return own
	}
	return name
}

// catalogPath returns a command's place in the keys of the catalogs: "keys.list", "top" for the program itself.
func catalogPath(n *kong.Node) string {
	words := strings.Fields(commandPath(n))[1:]
	if len(words) == 0 {
		return "top"
	}
	return catalogName(strings.Join(words, "."))
}

func catalogName(s string) string { return strings.ReplaceAll(s, "-", "_") }

// examples are command lines that work, by the command's path.
var examples = map[string][]string{
	"chiave":                       {"chiave serve --demo", "chiave licenses summary --as-of 2026-03-31", "chiave keys --help"},
	"chiave licenses summary":      {"chiave licenses summary", "chiave licenses summary --as-of 2026-03-31 --licensing-id E-1001 --licensing-id E-1002 --json", "chiave licenses summary --explain NIB-STD:2024"},
	"chiave licenses relationship": {"chiave licenses relationship", "chiave licenses relationship --inactive --search example"},
	"chiave keys list":             {"chiave keys list", "chiave keys list --licensing-id E-1001 --json"},
	"chiave keys reveal":           {"chiave keys reveal key_01hk153x00fzzvzzzzzzzzzzzz"},
	"chiave keys export":           {"chiave keys export --format tsv --output keys.tsv", "chiave keys export --format csv --licensing-id E-1001"},
	"chiave keys generate":         {"chiave keys generate --licensing-id E-1001 --type mak --product NIB-STD --limit 100"},
	"chiave keys activations":      {"chiave keys activations key_01hk153x00fzzvzzzzzzzzzzzz"},
	"chiave activate":              {"chiave activate --key-file key.txt --product NIB-STD --output nimbus.token", "chiave activate --key-file - --product NIB-STD --installation-id 5f0e1c7a9b3d4e6f8091a2b3c4d5e6f7"},
	"chiave verify":                {"chiave verify nimbus.token --jwks keys.json --product NIB-STD", "chiave verify nimbus.token --server https://licensing.example.com"},
	"chiave roles list":            {"chiave roles list E-1001"},
	"chiave roles assign":          {"chiave roles assign E-1001 --email a@example.com --role product_keys", "chiave roles assign E-1001 --email a@example.com --role administrator --until 2026-12-31"},
	"chiave roles revoke":          {"chiave roles revoke rol_01hk153x00fzzvzzzzzzzzzzzz"},
	"chiave roles inherit":         {"chiave roles inherit", "chiave roles inherit --parent P-77 off"},
	"chiave users list":            {"chiave users list", "chiave users list --licensing-id E-1001 --search rossi", "chiave users list --inactive --json"},
	"chiave users show":            {"chiave users show a@example.com"},
	"chiave users add":             {"chiave users add a@example.com --first-name Anna --last-name Rossi --grant E-1001:download --grant E-1002:product_keys"},
	"chiave users change":          {"chiave users change a@example.com --grant E-1001:product_keys --remove E-1002:download --dry-run", "chiave users change a@example.com --grant E-1001:software_assurance_manager.home_use --until 2026-12-31"},
	"chiave sessions list":         {"chiave sessions list"},
	"chiave sessions end":          {"chiave sessions end --others", "chiave sessions end ses_01hk153x00fzzvzzzzzzzzzzzz"},
	"chiave requests list":         {"chiave requests list", "chiave requests list --mine"},
	"chiave requests submit":       {"chiave requests submit E-1001 --program enterprise --role download --role product_keys", "chiave requests submit E-1001 --role product_keys"},
	"chiave requests accept":       {"chiave requests accept R-4QK2-M7XD", "chiave requests accept R-4QK2-M7XD --role download"},
	"chiave requests deny":         {"chiave requests deny R-4QK2-M7XD --note expired"},
	"chiave open-license add":      {"chiave open-license add --license 61000001 --authorization 90000001ZZE2801 --acknowledge"},
	"chiave open-license list":     {"chiave open-license list", "chiave open-license list --suspended"},
	"chiave open-license deny":     {"chiave open-license deny ola_01hk153x00fzzvzzzzzzzzzzzz"},
	"chiave open-license enable":   {"chiave open-license enable 61000001"},
	"chiave register start":        {"chiave register start a@example.com"},
	"chiave register again":        {"chiave register again sgn_01hk153x00fzzvzzzzzzzzzzzz"},
	"chiave register complete":     {"chiave register complete sgn_01hk153x00fzzvzzzzzzzzzzzz --code 48219035 --first-name Ada --last-name Neri --country IT --password-file password.txt"},
	"chiave join":                  {"chiave join licenses@example.com"},
	"chiave tenants list":          {"chiave tenants list", "chiave tenants list --all"},
	"chiave tenants show":          {"chiave tenants show 0b2f7c1e-6a39-4d1b-9c55-3f6a1f0e8d21"},
	"chiave tenants create":        {"chiave tenants create --organization ROSSI --name Rossi --primary-domain rossi.example --administrator it@rossi.example"},
	"chiave tenants give":          {"chiave tenants give tnt_01hk153x00fzzvzzzzzzzzzzzz --email a@example.com --role domain_administrator"},
	"chiave tenants take":          {"chiave tenants take tnt_01hk153x00fzzvzzzzzzzzzzzz tro_01hk153x00fzzvzzzzzzzzzzzz"},
	"chiave tenants add-domain":    {"chiave tenants add-domain tnt_01hk153x00fzzvzzzzzzzzzzzz rossi.example"},
	"chiave tenants verify-domain": {"chiave tenants verify-domain tnt_01hk153x00fzzvzzzzzzzzzzzz rossi.example"},
	"chiave tenants remove-domain": {"chiave tenants remove-domain tnt_01hk153x00fzzvzzzzzzzzzzzz rossi.example"},
	"chiave tenants control":       {"chiave tenants control tnt_01hk153x00fzzvzzzzzzzzzzzz rossi.example --restricted", "chiave tenants control tnt_01hk153x00fzzvzzzzzzzzzzzz rossi.example"},
	"chiave tenants sign-up":       {"chiave tenants sign-up tnt_01hk153x00fzzvzzzzzzzzzzzz off"},
	"chiave roles mine":            {"chiave roles mine", "chiave roles mine --inactive --json"},
	"chiave roles drop":            {"chiave roles drop E-1001"},
	"chiave sign-in":               {"chiave sign-in", "chiave sign-in --scope reports.view --days 90", "chiave sign-in --email a@example.com", "chiave sign-in --email a@example.com --password-file -"},
	"chiave sign-out":              {"chiave sign-out"},
	"chiave import":                {"chiave import catalog catalog.json", "chiave import orders orders.csv --dry-run"},
	"chiave invitations release":   {"chiave invitations release"},
	"chiave audit list":            {"chiave audit list --limit 20", "chiave audit list --licensing-id E-1001 --json"},
	"chiave audit verify":          {"chiave audit verify", "chiave audit verify --checkpoint checkpoints.txt"},
	"chiave clock show":            {"chiave clock"},
	"chiave clock advance":         {"chiave clock advance 72h"},
	"chiave init":                  {"chiave init --operator a@example.com", "chiave init --operator a@example.com --sandbox --data-dir try"},
	"chiave serve":                 {"chiave serve", "chiave serve --demo", "chiave serve --listen :8443 --base-url https://licensing.example.com"},
	"chiave migrate":               {"chiave migrate"},
	"chiave backup":                {"chiave backup backups/monday"},
	"chiave restore":               {"chiave restore backups/monday"},
	"chiave doctor":                {"chiave doctor", "chiave doctor --json"},
	"chiave version":               {"chiave version"},
	"chiave completion":            {"chiave completion bash"},
}

// groups are the headings under which commands are listed, in order.
var groups = []string{"use", "publish", "operate", "more"}

// writeHelp prints what is known of a command; shared adds the flags that every command has.
func writeHelp(w io.Writer, n *kong.Node, out i18n.Printer, shared bool) {
	fmt.Fprintf(w, "%s\n\n%s\n  %s\n", n.Help, out.T("cli.title.usage"), synopsis(n))
	for _, g := range groups {
		var list [][2]string
		for _, c := range n.Children {
			if !c.Hidden && (n.Parent != nil && g == "use" || c.Group != nil && c.Group.Key == g) {
				list = append(list, [2]string{c.Name, c.Help})
			}
		}
		title := out.T("cli.title.commands")
		if n.Parent == nil {
			title = out.T("cli.group." + g)
		}
		writeList(w, title, list)
	}
	var args, flags, global [][2]string
	for _, a := range n.Positional {
		args = append(args, [2]string{"<" + a.Name + ">", a.Help})
	}
	for at := n; at != nil; at = at.Parent {
		for _, f := range at.Flags {
			if at.Parent == nil && shared {
				global = append(global, [2]string{flagName(f), f.Help})
			} else if at.Parent != nil {
				flags = append(flags, [2]string{flagName(f), f.Help})
			}
		}
	}
	writeList(w, out.T("cli.title.arguments"), args)
	writeList(w, out.T("cli.title.flags"), flags)
	writeList(w, out.T("cli.title.global"), global)
	if lines := examples[commandPath(n)]; len(lines) > 0 {
		fmt.Fprintf(w, "\n%s\n", out.T("cli.title.examples"))
		for _, line := range lines {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
}

// synopsis returns how a command is written: required flags and arguments, then what may follow.
func synopsis(n *kong.Node) string {
	words := []string{commandPath(n)}
	if len(n.Children) > 0 {
		words = append(words, "<command>")
	}
	for _, a := range n.Positional {
		words = append(words, "<"+a.Name+">")
	}
	for _, f := range n.Flags {
		if f.Required {
			words = append(words, "--"+f.Name+" "+f.FormatPlaceHolder())
		}
	}
	return strings.Join(append(words, "[flags]"), " ")
}

func flagName(f *kong.Flag) string {
	name := "    --" + f.Name
	if f.Short != 0 {
		name = fmt.Sprintf("-%c, --%s", f.Short, f.Name)
	}
	if !f.IsBool() {
		name += " " + f.FormatPlaceHolder()
	}
	return name
}

// helpWidth is how wide help is at the most.
const helpWidth = 100

func writeList(w io.Writer, title string, list [][2]string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	width := 0
	for _, item := range list {
		width = max(width, utf8.RuneCountInString(item[0]))
	}
	for _, item := range list {
		name := item[0] + strings.Repeat(" ", width-utf8.RuneCountInString(item[0]))
		for _, line := range wrap(item[1], max(30, helpWidth-width-4)) {
			fmt.Fprintf(w, "  %s  %s\n", name, line)
			name = strings.Repeat(" ", width)
		}
	}
}

// wrap breaks text into lines of at most width characters, where words allow it.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
