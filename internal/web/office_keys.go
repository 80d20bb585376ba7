package web

import (
	"context"
	"strconv"
	"strings"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/catalog"
	"chiave/internal/licensing/keys"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/routes"
	"chiave/internal/web/ui"
)

const officeKeysPath = "/office/keys"

// officeKeys registers where staff make keys and set their limits. Staff never see a key's text here.
func (r registrar) officeKeys() {
	r.read(officeKeysPath, ui.StaffKeys, access.MaintainKeys, "", stockPage)
	r.change(officeKeysPath, ui.StaffKeys, access.MaintainKeys, "", "keys.generated", routes.Form, generateKey)
	r.read(officeKeysPath+"/{key}", ui.StaffKeys, access.MaintainKeys, "key", stockedPage)
	r.change(officeKeysPath+"/{key}/limit", ui.StaffKeys, access.MaintainKeys, "key", "keys.limit_changed", routes.Form, setLimit)
	r.change(officeKeysPath+"/{key}/supersede", ui.StaffKeys, access.MaintainKeys, "key", "keys.superseded", routes.Form, supersedeKey)
}

func officeKeyPath(id ids.ID) string { return officeKeysPath + "/" + keys.Wire.Wire(id) }

func number(n int) string { return strconv.Itoa(n) }

// stock is what the list of all keys shows to staff.
type stock struct {
	head     ui.FormHead
	keys     []keys.Key
	products []catalog.Product
	filled   generation
	after    ids.ID
	next     ids.ID
}

// generation is the form for new keys as it was filled in.
type generation struct{ licensing, kind, product, limit string }

func (c *call) stock(ctx context.Context) (stock, error) {
	s := stock{head: ui.FormHead{Action: officeKeysPath, Hidden: []ui.Hidden{c.once()}}, filled: generation{kind: string(keys.MAK)}}
	s.after = ids.ID(c.URL.Query().Get("after"))
	var err error
	if s.keys, s.next, err = c.web.Rooms.Keys.Stock(ctx, c.actor, keys.Filter{After: s.after, Limit: keysPage}); err != nil {
		return s, err
	}
	s.products, err = c.web.Rooms.Catalog.Products(ctx, c.actor)
	return s, err
}

func stockPage(ctx context.Context, c *call) (answer, error) {
	s, err := c.stock(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(stockView(c.view, s))
}

// generateKey makes a key for a Licensing ID.
func generateKey(ctx context.Context, c *call) (answer, error) {
	if c.made == "" {
		made, err := c.generate(ctx)
		if err != nil {
			return c.stockAgain(ctx, err)
		}
		c.made = keys.Wire.Wire(made)
	}
	return goTo(officeKeysPath + "/" + c.made)
}

func (c *call) filled() generation {
	get := func(name string) string { return strings.TrimSpace(c.PostForm.Get(name)) }
	return generation{licensing: get("licensing_id"), kind: get("type"), product: get("products"), limit: get("limit")}
}

func (c *call) generate(ctx context.Context) (ids.ID, error) {
	in := c.filled()
	limit, err := count(in.limit)
	if err != nil {
		return "", errs.New(errs.Invalid, "page.number").With(errs.Field{Pointer: "limit", Code: "page.number"})
	}
	lid, err := c.web.Rooms.Agreements.Find(ctx, c.actor, in.licensing)
	if err != nil {
		return "", err
	}
	made, err := c.web.Rooms.Keys.Generate(ctx, c.actor, keys.Generation{Licensing: lid, Type: keys.Type(in.kind), Products: codes(in.product), Limit: limit, Count: 1})
	if err != nil {
		return "", err
	}
	return made[0].ID, nil
}

// count reads a number that may be left out.
func count(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.ParseInt(text, 10, 64)
}

func codes(product string) []string {
	if product == "" {
		return nil
	}
	return []string{product}
}

// stockAgain shows the form again with what is wrong with it.
func (c *call) stockAgain(ctx context.Context, refused error) (answer, error) {
	if errs.CodeOf(refused) == errs.CodeOf(access.ErrUnknownLicensingID) {
		refused = errs.New(errs.Invalid, "licensing_ids.unknown").With(errs.Field{Pointer: "licensing_id", Code: "licensing_ids.unknown"})
	}
	if !correctable(refused) {
		return answer{}, refused
	}
	s, err := c.stock(ctx)
	if err != nil {
		return answer{}, err
	}
	s.filled = c.filled()
	s.head = c.formErrors(s.head, refused)
	c.view.Path = officeKeysPath
	return invalid(stockView(c.view, s))
}

// stocked is one key as staff maintain it.
type stocked struct {
	keys.Key
	head      ui.FormHead // of the new limit
	limit     string
	supersede []ui.Hidden
}

func (c *call) stocked(ctx context.Context) (stocked, error) {
	id, err := c.keyID()
	if err != nil {
		return stocked{}, err
	}
	k, err := c.web.Rooms.Keys.Stocked(ctx, c.actor, id)
	version := ui.Hidden{Name: "version", Value: strconv.FormatInt(k.Version, 10)}
	return stocked{Key: k, limit: strconv.FormatInt(k.Limit, 10), supersede: []ui.Hidden{version, c.once()},
		head: ui.FormHead{Action: officeKeyPath(k.ID) + "/limit", Hidden: []ui.Hidden{version, c.once()}}}, err
}

func stockedPage(ctx context.Context, c *call) (answer, error) {
	k, err := c.stocked(ctx)
	if err != nil {
		return answer{}, err
	}
	return show(stockedView(c.view, k))
}

// change carries a change of a key out once and returns to its page, or shows what is wrong with it.
func (c *call) change(ctx context.Context, do func(key ids.ID, version int64) error) (answer, error) {
	id, err := c.keyID()
	if err != nil {
		return answer{}, err
	}
	if c.made != "" {
		return goTo(officeKeyPath(id))
	}
	version, err := strconv.ParseInt(c.PostForm.Get("version"), 10, 64)
	if err != nil {
		version = 0 // which no key has: the room refuses it once it has decided access
	}
	err = do(id, version)
	switch {
	case err == nil:
		return goTo(officeKeyPath(id))
	case !correctable(err):
		return answer{}, err
	}
	k, gone := c.stocked(ctx)
	if gone != nil {
		return answer{}, gone
	}
	k.head, k.limit = c.formErrors(k.head, err), orKeep(c.PostForm.Get("limit"), k.limit)
	c.view.Path = officeKeyPath(id)
	return invalid(stockedView(c.view, k))
}

func orKeep(given, kept string) string {
	if given == "" {
		return kept
	}
	return given
}

func setLimit(ctx context.Context, c *call) (answer, error) {
	return c.change(ctx, func(key ids.ID, version int64) error {
		limit, err := strconv.ParseInt(strings.TrimSpace(c.PostForm.Get("limit")), 10, 64)
		if err != nil {
			return errs.New(errs.Invalid, "page.number").With(errs.Field{Pointer: "limit", Code: "page.number"})
		}
		_, err = c.web.Rooms.Keys.SetLimit(ctx, c.actor, key, limit, version)
		return err
	})
}

func supersedeKey(ctx context.Context, c *call) (answer, error) {
	return c.change(ctx, func(key ids.ID, version int64) error {
		_, err := c.web.Rooms.Keys.Supersede(ctx, c.actor, key, version)
		return err
	})
}

func (k stocked) version() string { return strconv.FormatInt(k.Version, 10) }
