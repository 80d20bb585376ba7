package web

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/activation"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const (
	keysPage        = 50
	activationsPage = 50
	keyEvents       = 20
)

// keys registers the pages of product keys.
func (r registrar) keys() {
	r.read("/keys", ui.DownloadsAndKeys, access.ViewKeys, "", listKeys)
	r.change("/keys/export", ui.DownloadsAndKeys, access.ViewKeys, "", "keys.exported", routes.Natural, exportKeys)
	r.read("/keys/{key}", ui.DownloadsAndKeys, access.ViewKeys, "key", showKey)
	r.change("/keys/{key}/reveal", ui.DownloadsAndKeys, access.ViewKeys, "key", "keys.revealed", routes.Natural, revealKey)
	r.change("/keys/{key}/copied", ui.DownloadsAndKeys, access.ViewKeys, "key", "keys.copied", routes.Natural, copiedKey)
}

// keyID returns the key that the path names. What is no id is unknown like an id that does not exist.
func (c *call) keyID() (ids.ID, error) {
	id, err := keys.Wire.Parse(c.PathValue("key"))
	if err != nil {
		return "", errs.New(errs.NotFound, "keys.unknown")
	}
	return id, nil
}

func keyPath(id ids.ID) string { return "/keys/" + keys.Wire.Wire(id) }

// keyList is what the list of keys shows.
type keyList struct {
	chosen string // wire id of the Licensing ID; empty is all
	keys   []keys.Key
	own    []access.Permission // Licensing IDs on which the reader may see keys
	after  ids.ID
	next   ids.ID

	missing *ui.Blank // why a reader without a fitting role sees none
}

func listKeys(ctx context.Context, c *call) (answer, error) {
	query := c.URL.Query()
	list := keyList{chosen: query.Get("licensing"), after: ids.ID(query.Get("after"))}
	f := keys.Filter{After: list.after, Limit: keysPage}
	if list.chosen != "" {
		id, err := licensingID(list.chosen)
		if err != nil {
			return answer{}, err
		}
		f.Licensing = id
	}
	for _, p := range c.permissions {
		if permits(p, access.ViewKeys) {
			list.own = append(list.own, p)
		}
	}
	var err error
	if list.keys, list.next, err = c.web.Rooms.Keys.List(ctx, c.actor, f); err != nil {
		return answer{}, err
	}
	if !c.holds(access.ViewKeys) {
		why := c.missing(c.view.T("keys_page.none"), access.ViewKeys, ui.IconKey)
		list.missing = &why
	}
	return show(keysView(c.view, list))
}

// address is that of the list going on after a key.
func (l keyList) address(after ids.ID) string {
	query := url.Values{}
	if l.chosen != "" {
		query.Set("licensing", l.chosen)
	}
	if after != "" {
		query.Set("after", string(after))
	}
	if len(query) == 0 {
		return "/keys"
	}
	return "/keys?" + query.Encode()
}

// number returns the number of the chosen Licensing ID, "" for all.
func (l keyList) number() string {
	for _, p := range l.own {
		if licensingWire.Wire(p.Licensing) == l.chosen {
			return p.Number
		}
	}
	return ""
}

// keyPage is what the page of one key shows. A part that the reader may not see is empty and has its reason.
type keyPage struct {
	keys.Key
	text        string // revealed
	activations []activation.Activation
	before      string // cursor of this page of activations
	next        string
	noMachines  string
	events      []reports.Record
	noEvents    string
}

// path is that of the key's own page.
func (k keyPage) path() string { return keyPath(k.ID) }

func showKey(ctx context.Context, c *call) (answer, error) {
	id, err := c.keyID()
	if err != nil {
		return answer{}, err
	}
	k, err := c.web.Rooms.Keys.Get(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	page, err := c.aroundKey(ctx, k)
	if err != nil {
		return answer{}, err
	}
	return show(keyView(c, page))
}

// aroundKey adds to a key what the reader may see of its use. What the reader may not is not asked for: a refusal would go on record.
func (c *call) aroundKey(ctx context.Context, k keys.Key) (page keyPage, err error) {
	page = keyPage{Key: k, before: c.URL.Query().Get("before")}
	if page.noMachines = c.closed(k.Licensing, access.SeeMachines); page.noMachines == "" {
		page.activations, page.next, err = c.web.Rooms.Activation.OfKey(ctx, c.actor, k.ID, activation.Page{Before: page.before, Limit: activationsPage})
		if err != nil {
			return page, err
		}
	}
	if page.noEvents = c.closed(k.Licensing, access.ReadAudit); page.noEvents == "" {
		page.events, _, err = c.web.Rooms.Reports.AuditTrail(ctx, c.actor, audit.Filter{LicensingID: k.Licensing, Object: keys.Wire.Wire(k.ID), Limit: keyEvents})
	}
	return page, err
}

// closed is the sentence that stands where a part of a page would be which the reader may not see (GEN-12); "" if the reader may.
func (c *call) closed(licensing ids.ID, action access.Action) string {
	if c.holdsOn(licensing, action) || c.user.Staff.May(action) {
		return ""
	}
	return c.view.T("web.roles_that_do", "roles", roleNames(c.view.Printer, access.RolesFor(action)))
}

// revealKey shows a key's text in the answer itself: it is in no address and in no history.
func revealKey(ctx context.Context, c *call) (answer, error) {
	id, err := c.keyID()
	if err != nil {
		return answer{}, err
	}
	k, text, err := c.web.Rooms.Keys.Reveal(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	page, err := c.aroundKey(ctx, k)
	if err != nil {
		return answer{}, err
	}
	page.text = text
	c.view.Path = page.path()
	return show(keyView(c, page))
}

// copiedKey puts on record that a revealed key was put on the clipboard (KEY-20). The page's script calls it.
func copiedKey(ctx context.Context, c *call) (answer, error) {
	id, err := c.keyID()
	if err != nil {
		return answer{}, err
	}
	if err := c.web.Rooms.Keys.Copied(ctx, c.actor, id); err != nil {
		return answer{}, err
	}
	return goTo(keyPath(id))
}

// exportKeys sends the key file: of one Licensing ID, or of all whose keys the reader may see (KEY-14).
func exportKeys(ctx context.Context, c *call) (answer, error) {
	english := c.web.Texts.For(i18n.English) // the file is the same in every language, so that tools can read it (L10N-07)
	e := keys.Export{Format: c.PostForm.Get("format"), ProgramName: func(code string) string { return programName(english, code) }}
	if chosen := c.PostForm.Get("licensing"); chosen != "" {
		id, err := licensingID(chosen)
		if err != nil {
			return answer{}, err
		}
		e.Licensing = id
	}
	mime := "text/tab-separated-values; charset=utf-8"
	if e.Format == "csv" {
		mime = "text/csv; charset=utf-8"
	}
	return answer{file: &file{name: "product-keys." + e.Format, mime: mime, write: func(w io.Writer) error {
		return c.web.Rooms.Keys.Export(ctx, c.actor, e, w)
	}}}, nil
}

// call is the API request that lists what the page lists.
func (l keyList) call() ui.Call { return l.callFor(l.number()) }

func (l keyList) callFor(number string) ui.Call {
	call := ui.Call{Method: http.MethodGet, Path: "/api/v1/product-keys", Command: "chiave keys list"}
	if number != "" {
		call.Path += "?" + url.Values{"licensing_id": {number}}.Encode()
		call.Command += " --licensing-id " + shellWord(number)
	}
	return call
}
