package config

import (
	"maps"
	"slices"
	"strings"

	"chiave/internal/platform/errs"
)

// value is a given value and where it was found.
type value struct{ text, source string }

// clientVariables are read by the commands that talk to a server; they are no settings of it.
func clientVariables() []string { return []string{"config", "server", "token_file"} }

// gather merges the sources, the strongest last, and names what is unknown.
func gather(from Sources) (map[string]value, []errs.Field) {
	known := map[string]bool{}
	for _, s := range settings() {
		known[s.name] = true
	}
	given := map[string]value{}
	var problems []errs.Field
	take := func(from map[string]string, names []string, plain, written func(string) string) {
		for _, n := range names {
			switch name := plain(n); {
			case from[n] == "":
			case known[name]:
				given[name] = value{from[n], written(name)}
			default:
				params := errs.Params{"source": written(name), "nearest": written(nearest(name))}
				problems = append(problems, errs.Field{Pointer: name, Code: "config.unknown", Params: params})
			}
		}
	}
	same := func(name string) string { return name }
	take(from.File, sorted(from.File), same, same)
	take(from.Env, settingsIn(from.Env), func(n string) string { return strings.ToLower(strings.TrimPrefix(n, envPrefix)) }, variable)
	take(from.Flags, sorted(from.Flags), func(n string) string { return strings.ReplaceAll(strings.TrimLeft(n, "-"), "-", "_") }, flag)
	return given, problems
}

// variable is the name of a setting in the environment.
func variable(name string) string { return envPrefix + strings.ToUpper(name) }

// flag is the name of a setting on the command line.
func flag(name string) string { return "--" + strings.ReplaceAll(name, "_", "-") }

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// settingsIn returns the variables that are meant as settings.
func settingsIn(env map[string]string) []string {
	return slices.DeleteFunc(sorted(env), func(n string) bool {
		rest, ours := strings.CutPrefix(n, envPrefix)
		return !ours || strings.HasPrefix(rest, "TEST_") || slices.Contains(clientVariables(), strings.ToLower(rest))
	})
}

// nearest returns the known name that continues the given one, or else takes the fewest changes to reach.
func nearest(name string) string {
	best, fewest := "", 0
	for _, s := range settings() {
		if strings.HasPrefix(s.name, name+"_") {
			return s.name
		}
		if d := distance(name, s.name); best == "" || d < fewest {
			best, fewest = s.name, d
		}
	}
	return best
}

// distance is Levenshtein's: how many letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
