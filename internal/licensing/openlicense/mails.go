package openlicense

import (
	"context"
	"strconv"
	"strings"

	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/jobs"
)

const permissionsPath = "/permissions"

// following is the payload of the job that follows every wrong pair; most of them have nothing to tell.
type following struct {
	Suspended []suspension `json:"suspended,omitempty"`
}

// suspension is a license that a wrong pair suspended.
type suspension struct {
	Licensing ids.ID   `json:"licensing"`
	Failures  int      `json:"failures"`
	Users     []ids.ID `json:"users"`
}

// follow mails a suspension to the Administrators of the license (N12).
func (s *Service) follow(ctx context.Context, j jobs.Job) error {
	var f following
	if err := j.Into(&f); err != nil {
		return err
	}
	return s.DB.Housekeep(ctx, "telling of a suspended Open License", func(tx *db.Tx) error {
		for _, x := range f.Suspended {
			l, err := s.Agreements.ByIDTx(tx, x.Licensing)
			if err != nil {
				return err
			}
			who, err := s.names(tx, x.Users)
			if err != nil {
				return err
			}
			err = s.tellAdministrators(tx, l.ID, notify.OpenLicenseSuspended, notify.Params{"licensing_id": l.Number, "failures": strconv.Itoa(x.Failures), "people": who,
				"link": s.BaseURL + Path})
			if err != nil {
				return err
			}
		}
		return j.DoneTx(tx)
	})
}

// names lists people with their addresses.
func (s *Service) names(tx *db.Tx, users []ids.ID) (string, error) {
	var all []string
	err := tx.Each("SELECT u.first_name, u.last_name, min(a.address) FROM users u JOIN user_addresses a ON a.user_id = u.id AND a.verified_at IS NOT NULL WHERE u.id IN "+
		tx.In("$1")+" GROUP BY u.id, u.first_name, u.last_name ORDER BY 3", []any{db.List(users)}, func(scan func(...any) error) error {
		var first, last, address string
		err := scan(&first, &last, &address)
		all = append(all, strings.TrimSpace(first+" "+last+" ("+address+")"))
		return err
	})
	return strings.Join(all, ", "), err
}

// tellAdded mails an addition to whoever made it and to the Administrators of record (N09).
func (s *Service) tellAdded(tx *db.Tx, a Addition) error {
	err := s.tell(tx, []string{a.Address}, a.Licensing, notify.OpenLicenseAdded, notify.Params{"licensing_id": a.Number, "roles": roleCodes(), "link": s.BaseURL + permissionsPath})
	if err != nil {
		return err
	}
	return s.tellAdministrators(tx, a.Licensing, notify.OpenLicenseUsed, s.denying(a))
}

// denying are the parameters of the mails that let an Administrator deny an addition.
func (s *Service) denying(a Addition) notify.Params {
	return notify.Params{"person": orAddress(a), "email": a.Address, "licensing_id": a.Number, "roles": roleCodes(), "link": s.BaseURL + Path + "/" + Wire.Wire(a.ID)}
}

func orAddress(a Addition) string {
	if a.Name == "" {
		return a.Address
	}
	return a.Name
}

// tellDenied mails whoever loses access that the license's Administrator withdrew it (N11).
func (s *Service) tellDenied(tx *db.Tx, a Addition) error {
	return s.tell(tx, []string{a.Address}, a.Licensing, notify.OpenLicenseDenied, notify.Params{"licensing_id": a.Number, "link": s.BaseURL + permissionsPath})
}

func roleCodes() string {
	var codes []string
	for _, r := range Roles() {
		codes = append(codes, string(r))
	}
	return strings.Join(codes, " ")
}

func (s *Service) tellAdministrators(tx *db.Tx, licensing ids.ID, event string, params notify.Params) error {
	addresses, err := s.Access.AdministratorsTx(tx, licensing)
	if err != nil {
		return err
	}
	return s.tell(tx, addresses, licensing, event, params)
}

func (s *Service) tell(tx *db.Tx, addresses []string, licensing ids.ID, event string, params notify.Params) error {
	people, err := s.Accounts.RecipientsTx(tx, addresses)
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := s.Notify.EnqueueTx(tx, to(p, licensing, event, params)); err != nil {
			return err
		}
	}
	return nil
}

func to(p accounts.Recipient, licensing ids.ID, event string, params notify.Params) notify.Message {
	params["name"] = p.Name
	return notify.Message{To: p.Address, Lang: string(p.Language), Zone: p.Zone, Event: event, Licensing: licensing, Params: params}
}
