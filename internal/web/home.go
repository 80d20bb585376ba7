package web

import (
	"context"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/keys"
	"chiave/internal/licensing/registration"
	"chiave/internal/licensing/requests"
	"chiave/internal/platform/errs"
	"chiave/internal/web/ui"
)

// home registers the page that everybody starts from.
func (r registrar) home() {
	r.read("/{$}", ui.Home, access.SelfService, "", homePage)
}

// most is how much is counted for a tile; beyond it the tile says "more than".
const most = 500

// requestsAtHome is how many of the requests that wait the home page shows.
const requestsAtHome = 5

// overview is what the home page shows.
type overview struct {
	ids, active       int // Licensing IDs
	moreIDs           bool
	keys, exhausted   int
	moreKeys          bool
	seesKeys, seesIDs bool
	office            *office
	requests          []requests.Request // that wait for the reader
	few               []access.Few
	pending           registration.Claim // an address of the reader without permissions that waits for its proof
	without, personal bool               // no permission and no function; a personal account
}

// office is the part of the home page for the publisher's staff.
type office struct {
	queued int // invitations
	failed int // mails
}

func homePage(ctx context.Context, c *call) (answer, error) {
	o := overview{seesIDs: len(c.permissions) > 0, seesKeys: c.holds(access.ViewKeys)}
	o.without, o.personal = c.without(), c.personally()
	if o.without {
		var err error
		if o.pending, err = c.web.Rooms.Registration.Pending(ctx, c.actor); err != nil {
			return answer{}, err
		}
	}
	if err := c.countIDs(ctx, &o); err != nil {
		return answer{}, err
	}
	if err := c.countKeys(ctx, &o); err != nil {
		return answer{}, err
	}
	if c.holds(access.ManageUsers) || c.staffMay(access.AnswerRequests) {
		var err error
		if o.requests, _, err = c.web.Rooms.Requests.List(ctx, c.actor, requests.Filter{Limit: requestsAtHome}); err != nil {
			return answer{}, err
		}
	}
	var err error
	if o.few, err = c.few(ctx); err != nil {
		return answer{}, err
	}
	if c.staff(access.Operator) { // customers' figures are left out: every look at them goes on record
		if o.office, err = c.countOffice(ctx); err != nil {
			return answer{}, err
		}
	}
	return show(homeView(c, o))
}

func (c *call) countIDs(ctx context.Context, o *overview) error {
	if !o.seesIDs {
		return nil
	}
	rows, next, err := c.web.Rooms.Agreements.Relationship(ctx, c.actor, agreements.Filter{Inactive: true, Limit: most})
	if err != nil {
		return err
	}
	o.ids, o.moreIDs = len(rows), next != ""
	for _, r := range rows {
		if r.IsActive {
			o.active++
		}
	}
	return nil
}

func (c *call) countKeys(ctx context.Context, o *overview) error {
	if !o.seesKeys {
		return nil
	}
	list, next, err := c.web.Rooms.Keys.List(ctx, c.actor, keys.Filter{Limit: most})
	if err != nil {
		return err
	}
	o.keys, o.moreKeys = len(list), next != ""
	for _, k := range list {
		if k.Counted && k.State == keys.Assigned && k.Available() == 0 {
			o.exhausted++
		}
	}
	return nil
}

func (c *call) countOffice(ctx context.Context) (*office, error) {
	list, err := c.web.Rooms.Accounts.Invitations(ctx, c.actor, accounts.InvitationFilter{})
	if err != nil {
		return nil, err
	}
	o := &office{}
	for _, i := range list {
		if i.State == "queued" {
			o.queued++
		}
	}
	failed, err := c.web.Rooms.Notify.Failed(ctx, c.actor, "")
	if errs.KindOf(err) == errs.Denied { // the log of mails is not every member of staff's
		return o, nil
	}
	o.failed = len(failed)
	return o, err
}
