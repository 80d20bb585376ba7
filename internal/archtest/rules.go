package archtest

// The faces and what stands above the business.
var (
	faces = []string{
		"chiave/internal/api/...", "chiave/internal/web/...", "chiave/internal/cli/...",
	}
	wiring = []string{
		"chiave/internal/app/...", "chiave/internal/demo/...", "chiave/cmd/...", "chiave/e2e/...",
	}
	drivers = []string{
		"modernc.org/sqlite/...", "github.com/jackc/pgx/...", "github.com/mattn/go-sqlite3/...", "github.com/lib/pq/...",
	}
)

// importRules is the table of who may not import what. The tiers of the rooms are in rooms.go.
func importRules() []importRule {
	return []importRule{
		{
			name: "the public packages need nothing but the standard library",
			who:  []string{"chiave/client/..."}, only: []string{"std", "chiave/client/..."},
			reason: "the SDK is linked into other people's products; every module in it would become theirs to update and answer for",
		},
		{
			name: "verifying a token needs nothing but the standard library",
			who:  []string{"chiave/verify/..."}, only: []string{"std", "chiave/verify/..."},
			reason: "a product verifies offline with the public key alone, in as little code as can be read in one sitting",
		},
		{
			name:   "the business does not know its faces",
			who:    []string{"chiave/internal/licensing/..."},
			never:  append(append([]string{"chiave/client/..."}, faces...), wiring...),
			reason: "imports only go down: a rule that knew a face would have to be written again for the next face",
		},
		{
			name: "the business does not speak HTTP and renders no templates",
			who:  []string{"chiave/internal/licensing/..."},
			never: []string{
				"net/http/...", "html/template", "text/template", "github.com/a-h/templ/...", "github.com/danielgtaylor/huma/...",
			},
			reason: "rules take values and return values and errors with codes; status, sentence and markup are chosen at the face",
		},
		{
			name:   "the ground does not know the house",
			who:    []string{"chiave/internal/platform/..."},
			never:  append(append([]string{"chiave/internal/licensing/...", "chiave/client/..."}, faces...), wiring...),
			reason: "imports only go down: what the ground needs to know of the business is handed to it as a value or a function",
		},
		{
			name:   "only platform/db imports database drivers",
			except: []string{"chiave/internal/platform/db/..."}, never: drivers, tests: true,
			reason: "transactions, unknown outcomes and the errors of drivers are handled once; a second door would miss them",
		},
		{
			name: "the portal does not know the API", who: []string{"chiave/internal/web/..."},
			never:  []string{"chiave/internal/api/...", "chiave/internal/cli/..."},
			reason: "two faces of the same rooms: one calling the other would authorize, count and translate twice",
		},
		{
			name: "the API does not know the portal", who: []string{"chiave/internal/api/..."},
			never:  []string{"chiave/internal/web/...", "chiave/internal/cli/..."},
			reason: "two faces of the same rooms: one calling the other would authorize, count and translate twice",
		},
		{
			name: "a face does not know how it is wired", who: []string{"chiave/internal/api/...", "chiave/internal/web/..."},
			never:  wiring,
			reason: "a handler gets its services handed in, so that tests can hand in the same",
		},
		{
			name: "the command line does not reach into the faces", who: []string{"chiave/internal/cli/..."},
			never:  []string{"chiave/internal/api/...", "chiave/internal/web/..."},
			reason: "commands speak to a server through client, or have app open the database; they show no pages",
		},
		{
			name: "templates live in the portal", except: []string{"chiave/internal/web/..."},
			never: []string{"github.com/a-h/templ/..."}, reason: "markup has one home, and with it escaping and accessibility",
		},
		{
			name: "the command parser lives in cli", except: []string{"chiave/internal/cli/..."},
			never: []string{"github.com/alecthomas/kong/..."}, reason: "below cli nothing knows whether a person or a program asked",
		},
		{
			name: "mail is sent by platform/mail", except: []string{"chiave/internal/platform/mail/..."},
			never:  []string{"github.com/wneessen/go-mail/...", "net/smtp"},
			reason: "messages leave through the outbox, after the transaction that wanted them; a second sender would not wait",
		},
	}
}

// Test code stays out of the program.
const (
	program           = "chiave/cmd/chiave"
	testingInProgram  = "the package testing brings flags and behaviour of tests into the product; helpers for tests live in …test packages"
	helpersOutOfPlace = "helpers for tests live in packages whose name ends in test, so that nobody ships one by accident"
	undocumented      = "the package comment says what the package owns, its invariants and what it does not know"
	namelessPackage   = "a package is a capability in the words of the trade; a name that could hold anything will"
)

// checkNodes applies the rules that look at one package at a time.
func checkNodes(nodes []node) []violation {
	var found []violation
	for _, n := range nodes {
		if !isOurs(n.ImportPath) {
			continue
		}
		name := lastElement(n.ImportPath)
		if !forTests(name) {
			for _, path := range n.Imports {
				if path == "testing" || isOurs(path) && forTests(lastElement(path)) {
					found = append(found, violation{"test helpers", n.ImportPath, "imports " + path, helpersOutOfPlace})
				}
			}
		}
		if n.Doc == "" && len(n.GoFiles) > 0 {
			found = append(found, violation{"package comment", n.ImportPath, "has none", undocumented})
		}
		switch name {
		case "util", "utils", "common", "helper", "helpers", "manager", "models", "misc", "base", "shared", "impl":
			found = append(found, violation{"package name", n.ImportPath, "is called " + name, namelessPackage})
		}
	}
	return found
}
