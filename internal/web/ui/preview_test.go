package ui_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/a-h/templ"

	"chiave/internal/platform/i18n"
	"chiave/internal/web/ui"
)

// preview is a page made of the package's parts, for the tests to look at.
type preview struct {
	name    string
	content func(ui.View) templ.Component
}

// previews is every part of the package, in pages as they will be.
func previews() []preview {
	return []preview{
		{"summary", summaryPage},
		{"keys", keysPage},
		{"forms", formsPage},
		{"records", recordsPage},
		{"empty", emptyPage},
		{"signin", signInPage},
		{"refusal", refusalPage},
		{"refusal-signed-out", func(v ui.View) templ.Component { v.User = nil; return refusalPage(v) }},
	}
}

// view is a reader for the previews.
func view(t testing.TB, lang i18n.Lang, theme ui.Theme) ui.View {
	t.Helper()
	catalog, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	p := catalog.For(lang)
	return ui.View{
		Printer: p,
		User:    &ui.User{Name: "Chiara Bianchi", Email: "chiara.bianchi@rossi-meccanica.example"},
		Nav: ui.Menu(p, ui.LicenseSummary, func(place ui.Place) ui.Access {
			switch place {
			case ui.StaffImports, ui.StaffCatalog, ui.StaffAgreements, ui.StaffOrders, ui.StaffKeys, ui.StaffViewAs, ui.StaffCases, ui.StaffAudit, ui.Customers, ui.BillingLicenses, ui.BillingKeys:
				return ui.Access{Hidden: true}
			case ui.ServiceActivation, ui.MakeReservations:
				return ui.Access{Reason: "You need the role Online Services Manager on a Licensing ID. Ask an Administrator for it."}
			default:
				return ui.Access{}
			}
		}),
		Theme: theme, Zone: rome, Sandbox: true, Path: "/licenses?pool=servers",
		BaseURL: "https://licenses.example",
		Help:    ui.Support{Phone: "+39 02 5550 1234", Hours: "Mo–Fr 9–18", Form: "/help/case"},
	}
}

// with puts children into a component.
func with(parent templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return parent.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

func summaryPage(v ui.View) templ.Component {
	explained := func(number, sum string) templ.Component {
		return with(ui.Explain(v, number, "Server Standard 2025"), ui.DataTable(v, ui.Table{
			Caption: "Lines",
			Columns: []ui.Column{{Label: "Order line"}, {Label: "Rule"}, {Label: "Quantity", Numeric: true}},
			Rows: []ui.Row{
				{Cells: []templ.Component{ui.Code("4711-0001"), ui.Text("License"), ui.Text("+120")}},
				{Cells: []templ.Component{ui.Code("4711-0007"), ui.Text("Step-up"), ui.Text("-" + sum)}},
			},
		}))
	}
	row := func(product, pool, quantity, unresolved string, tone ui.Tone, state string) ui.Row {
		return ui.Row{Cells: []templ.Component{
			ui.Stack(ui.Link("/licenses/1", product), ui.Text(pool)), explained(quantity, "8"), ui.Text(v.Number(1240)), ui.Text(unresolved), ui.Badge(tone, state),
		}}
	}
	actions := templ.Join(ui.LinkButton(ui.Button{Label: "Agreement Summary", Href: "/pdf", Icon: ui.IconDownload}),
		ui.LinkButton(ui.Button{Label: v.T("nav.make_reservations"), Href: "/new", Rank: ui.Primary, Icon: ui.IconPlus}))
	return with(ui.Layout(v, ui.Page{
		Title: v.T("nav.license_summary"), Lead: "Everything Rossi Meccanica S.p.A. may install and use, as of " + v.Date(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)) + ".",
		Crumbs: []ui.Crumb{{Label: v.T("nav.home"), Href: "/"}, {Label: v.T("nav.licenses"), Href: "/relationships"}}, Actions: actions,
	}),
		ui.Tiles([]ui.Tile{
			{Label: "Licensing IDs", Value: v.Number(3), Note: "2 active", Href: "/relationships", Icon: ui.IconLicense},
			{Label: "Licenses", Value: v.Number(12480), Note: "Effective quantity", Href: "/licenses", Icon: ui.IconCheck},
			{Label: v.T("nav.downloads_and_keys"), Value: v.Number(42), Note: "1 nearly used up", Href: "/keys", Icon: ui.IconKey},
			{Label: "Unresolved", Value: v.Number(8), Note: "Upgrades without base", Icon: ui.IconAlert},
		}),
		ui.Tabs("Pools", []ui.Tab{{Label: "Applications", Href: "?a", Count: "18"}, {Label: "Systems", Href: "?b", Count: "4"}, {Label: "Servers", Href: "?c", Active: true, Count: "7"}}),
		with(ui.Filters(v, "/licenses"),
			ui.Input(v, ui.Field{Name: "as_of", Label: "As of", Type: "date", Value: "2026-11-20"}),
			ui.Select(v, ui.Field{Name: "id", Label: "Licensing ID", Choices: []ui.Choice{{Value: "", Label: "All"}, {Value: "1", Label: "70012345"}}}),
		),
		with(ui.Card(ui.CardHead{Title: "Servers", Note: "Every number opens to the order lines it comes from."}), ui.DataTable(v, ui.Table{
			Caption: "Servers",
			Columns: []ui.Column{{Label: "Product", Sort: "?sort=product", Sorted: ui.Ascending}, {Label: "Effective quantity", Numeric: true, Sort: "?sort=q"}, {Label: "Active SA quantity", Numeric: true}, {Label: "Unresolved quantity", Numeric: true}, {Label: "State"}},
			Rows: []ui.Row{
				row("Server Standard 2025", "Perpetual, per core", v.Number(11240), "0", ui.Good, "Active"),
				row("Server Datacenter 2025", "Perpetual, per core", v.Number(960), "8", ui.Warning, "Unresolved"),
				row("Database Enterprise 2024", "Perpetual, per server", v.Number(32), "0", ui.Bad, "Expired"),
				row("Mail Server 2025", "Subscription", v.Number(248), "0", ui.Info, "Requires activation"),
				row("Management Suite", "Subscription", v.Number(0), "0", ui.Neutral, "Inactive"),
			},
		})),
		ui.Pages(v, ui.Pager{Shown: "5 of 7", First: "?first", Next: "?next"}),
		ui.APIEquivalent(v, ui.Call{Path: "/api/v1/licenses/summary?pool=servers&as_of=2026-11-20", Command: "chiave licenses summary --pool servers --as-of 2026-11-20"}),
	)
}

func keysPage(v ui.View) templ.Component {
	row := func(product string, key ui.ProductKey, used, limit int64) ui.Row {
		return ui.Row{Cells: []templ.Component{ui.Text(product), ui.Badge(ui.Neutral, "MAK"), ui.Key(v, key), ui.Activations(v, ui.Gauge{Used: used, Limit: limit})}}
	}
	return with(ui.Layout(v, ui.Page{Title: v.T("nav.downloads_and_keys"), Lead: "Keys of Licensing ID 70012345."}),
		ui.Alert(v, ui.Notice{Tone: ui.Good, What: "The key is shown.", Why: "You gave the reason “reinstallation of plant 2”.", Next: "It is on the record."}),
		with(ui.Card(ui.CardHead{Title: "Product keys", Actions: ui.PostButton("/keys/export", []ui.Hidden{{Name: "format", Value: "csv"}}, ui.Button{Label: "Export", Icon: ui.IconDownload})}), ui.DataTable(v, ui.Table{
			Caption: "Product keys",
			Columns: []ui.Column{{Label: "Product"}, {Label: "Kind"}, {Label: "Key"}, {Label: "Activations"}},
			Rows: []ui.Row{
				row("Server Standard 2025", ui.ProductKey{Masked: "•••••-•••••-•••••-•••••-7K2QX", Reveal: "/keys/1/reveal"}, 37, 100),
				row("Server Datacenter 2025", ui.ProductKey{Masked: "•••••-•••••-•••••-•••••-0M4TZ", Full: "Q7H2K-94XTC-B0DR5-WZ8MN-0M4TZ", Revealed: "Shown to you at 14:05. It is on the record."}, 94, 100),
				row("Client Enterprise", ui.ProductKey{Masked: "•••••-•••••-•••••-•••••-9PPR1", Reason: "You need the role Product Keys."}, 1000, 1000),
				row("Drawing Office 2024", ui.ProductKey{Masked: "•••••-•••••-•••••-•••••-AAB1C", Reveal: "/keys/4/reveal"}, 0, 50),
			},
		})),
		with(ui.Card(ui.CardHead{Title: "Licensing ID 70012345"}), ui.Facts([]ui.Fact{
			{Label: "Organization", Value: ui.Text("Rossi Meccanica S.p.A.")},
			{Label: "Program", Value: ui.Text("Enterprise Agreement")},
			{Label: "Period", Value: ui.Text("1 Jan 2025 – 31 Dec 2027")},
			{Label: "State", Value: ui.Side(ui.Badge(ui.Good, "Active"), ui.Muted("until "+v.Date(time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC))))},
		})),
	)
}

func formsPage(v ui.View) templ.Component {
	head := ui.FormHead{Action: "/staff/imports", Files: true, Hidden: []ui.Hidden{{Name: "token", Value: "t"}}, Errors: []ui.FieldError{
		{Field: "source", Message: "Source is empty."}, {Field: "file", Message: "Choose a file."}, {Message: "The import was made before."},
	}}
	choices := []ui.Choice{{Value: "orders", Label: "Orders", Hint: "Lines of orders, repeatable"}, {Value: "catalog", Label: "Catalog", Hint: "Products and versions"}}
	return with(ui.Layout(v, ui.Page{Title: "Import a file", Crumbs: []ui.Crumb{{Label: v.T("nav.home"), Href: "/"}}}),
		with(ui.Card(ui.CardHead{Title: "File"}), with(ui.Form(v, head),
			ui.Input(v, ui.Field{Name: "source", Label: "Source", Required: true, Error: head.For("source"), Hint: "The system that made the file."}),
			ui.Input(v, ui.Field{Name: "number", Label: "Agreement number", Value: "E-70012345", Mono: true, Fixed: true}),
			ui.Select(v, ui.Field{Name: "zone", Label: "Time zone", Value: "b", Error: "Unknown zone.", Choices: []ui.Choice{{Value: "a", Label: "Europe/Rome"}, {Value: "b", Label: "Europe/London"}}}),
			ui.Radios(v, ui.Field{Name: "kind", Label: "What it holds", Required: true, Value: "orders", Choices: choices, Hint: "Seven kinds."}),
			ui.FileField(v, ui.Field{Name: "file", Label: "CSV or JSON file", Required: true, Accept: ".csv,.json", Error: head.For("file"), Hint: "At most 1 GiB."}),
			ui.TextArea(v, ui.Field{Name: "comment", Label: "Comment", Value: "November <delivery> & more"}),
			ui.Checkbox(ui.Field{Name: "dry_run", Label: "Dry run: show what would happen", Value: "yes", Hint: "Nothing is changed."}),
			with(ui.Buttons(),
				ui.SubmitButton(ui.Button{Label: v.T("common.submit"), Rank: ui.Primary, Icon: ui.IconUpload, Name: "act", Value: "import"}),
				ui.LinkButton(ui.Button{Label: v.T("common.cancel"), Href: "/"}),
				ui.SubmitButton(ui.Button{Label: v.T("common.remove"), Rank: ui.Danger}),
				ui.SubmitButton(ui.Button{Label: "Release invitations", Reason: "Only an operator may release them."}),
			),
		)),
		with(ui.Form(v, ui.FormHead{Action: "/x", Error: "The address or the password is wrong."})),
	)
}

func recordsPage(v ui.View) templ.Component {
	at := time.Date(2026, 11, 20, 13, 5, 0, 0, time.UTC)
	return with(ui.Layout(v, ui.Page{Title: v.T("nav.audit_trail")}),
		ui.ImportResult(v, ui.Import{File: "orders-2026-11.csv", Accepted: 1204, Refused: 2, More: "and 12 more", Errors: []ui.RowError{
			{Line: 17, Column: "product", Value: "SRV-2O25", Reason: "The catalog has no such product."},
			{Line: 1205, Column: "quantity", Value: "-4", Reason: "A return needs the line it returns."},
		}}),
		ui.ImportResult(v, ui.Import{File: "catalog.json", Accepted: 1, DryRun: true}),
		ui.ImportResult(v, ui.Import{File: "catalog.json", Accepted: 80}),
		ui.Alert(v, ui.Notice{Tone: ui.Warning, What: "Only one Administrator is left.", Next: "Name a second one.", Action: &ui.Button{Label: v.T("nav.manage_users"), Href: "/users"}}),
		ui.Alert(v, ui.Notice{Tone: ui.Info, What: "Prices are not shown here.", Why: "Your partner has them."}),
		ui.Alert(v, ui.Notice{Tone: ui.Neutral, What: "Nothing new since yesterday."}),
		with(ui.Card(ui.CardHead{Title: "Timeline"}), ui.Timeline(v, []ui.Event{
			{At: at, What: "Key shown", Actor: "Chiara Bianchi", Ref: "#10482", Href: "/audit/1"},
			{At: at.Add(-time.Hour), What: "Activation refused", Actor: "machine 5f2c…", Ref: "#10481", Tone: ui.Bad, Detail: ui.Facts([]ui.Fact{{Label: "Reason", Value: ui.Code("keys.limit_reached")}})},
			{At: at.Add(-48 * time.Hour), What: "Orders imported", Actor: "Operations", Tone: ui.Warning},
		})),
	)
}

func emptyPage(v ui.View) templ.Component {
	blank := ui.Blank{Title: "No product keys yet", Text: "Keys appear here as soon as an order with a key product is recorded.", Icon: ui.IconKey, Next: &ui.Button{Label: v.T("nav.request_permissions"), Href: "/permissions/request", Rank: ui.Primary}}
	return with(ui.Layout(v, ui.Page{Title: v.T("nav.downloads_and_keys")}),
		with(ui.Card(ui.CardHead{}), ui.DataTable(v, ui.Table{Caption: "Keys", Empty: blank})),
		ui.Empty(ui.Blank{Title: "Nothing"}),
		ui.Pages(v, ui.Pager{}),
	)
}

func signInPage(v ui.View) templ.Component {
	v.User, v.Nav, v.Sandbox = nil, nil, false
	return with(ui.SignInLayout(v, ui.Page{Title: "Sign in with your Work Account", Lead: "Licenses, downloads and keys of your organization."}),
		with(ui.Form(v, ui.FormHead{Action: "/sign-in"}),
			ui.Input(v, ui.Field{Name: "email", Label: "Email", Type: "email", Required: true, Autocomplete: "username"}),
			ui.Input(v, ui.Field{Name: "password", Label: "Password", Type: "password", Required: true, Autocomplete: "current-password"}),
			with(ui.Buttons(), ui.SubmitButton(ui.Button{Label: v.T("common.continue"), Rank: ui.Primary})),
		))
}

func refusalPage(v ui.View) templ.Component {
	return ui.RefusalPage(v, ui.Refusal{Err: io.ErrUnexpectedEOF, RequestID: "req_01jd3xk6q8f7w"})
}
