package openlicense

import (
	"context"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/platform/db"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/jobs"
)

// processed is the payload of the job that follows an import of orders.
type processed struct {
	Orders int64 `json:"orders"` // revision of its lines
}

const welcomeAtOnce = 50 // resellers of one transaction

// OrdersPublishedTx has the resellers welcomed whose orders have just been processed (OPEN-15).
func (s *Service) OrdersPublishedTx(tx *db.Tx, revision int64) error {
	return s.Queue.Enqueue(tx, resellersKind, processed{revision}, time.Time{})
}

// reseller is a person named as Channel Partner Contact of an Open License.
type reseller struct {
	Addition
	organization ids.ID // the customer
	first, last  string
}

// welcome gives resellers their access, a few at a time so that nobody waits long. Started again it goes on where it was.
func (s *Service) welcome(ctx context.Context, j jobs.Job) error {
	var p processed
	if err := j.Into(&p); err != nil {
		return err
	}
	for more := true; more; {
		err := s.DB.Housekeep(ctx, "giving resellers the access that their orders bring", func(tx *db.Tx) error {
			some, err := s.resellers(tx, p.Orders)
			if err != nil {
				return err
			}
			more = len(some) == welcomeAtOnce
			for _, r := range some {
				if err := s.welcomeOne(tx, audit.Actor{Kind: audit.Job, ID: j.ID}, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// resellers returns some of those who are named on Open Licenses of an import of orders, and were never given access to them.
func (s *Service) resellers(tx *db.Tx, orders int64) ([]reseller, error) {
	programs, err := s.Agreements.ProgramsTx(tx)
	if err != nil {
		return nil, err
	}
	open := []string{}
	for code, p := range programs {
		if p.License() {
			open = append(open, code)
		}
	}
	var all []reseller
	err = tx.Each("SELECT DISTINCT l.id, l.number, l.organization_id, c.address, c.first_name, c.last_name FROM order_lines o JOIN licensing_ids l ON l.id = o.licensing_id "+
		"JOIN contacts c ON c.subject_id = l.id AND c.type = 'partner' WHERE o.revision = $1 AND NOT o.withdrawn AND c.address <> '' AND l.program IN "+tx.In("$2")+
		" AND c.revision = (SELECT max(r.revision) FROM contacts r WHERE r.subject_id = c.subject_id AND r.type = c.type) AND "+access.Shown+
		" AND NOT EXISTS (SELECT 1 FROM open_license_additions a WHERE a.licensing_id = l.id AND a.address = c.address) ORDER BY l.id, c.address LIMIT $3",
		[]any{orders, db.List(open), welcomeAtOnce}, func(scan func(...any) error) error {
			var r reseller
			err := scan(&r.Licensing, &r.Number, &r.organization, &r.Address, &r.first, &r.last)
			r.Name = strings.TrimSpace(r.first + " " + r.last)
			all = append(all, r)
			return err
		})
	return all, err
}

// welcomeOne gives one reseller access, invites the reseller if need be, and tells the Administrators (N10).
func (s *Service) welcomeOne(tx *db.Tx, actor audit.Actor, r reseller) error {
	a := r.Addition
	a.ID, a.Reseller, a.Added = tx.NewID(), true, tx.Now()
	holder, err := s.Accounts.OwnerTx(tx, a.Address)
	if err != nil {
		return err
	}
	given, err := s.grant(tx, "", holder, a)
	if err != nil || len(given) == 0 { // who holds all of it already is not given it again by the next order either
		return err
	}
	after := struct {
		Given []access.Given `json:"given"`
	}{given}
	err = audit.Record(tx, actor, audit.Event{Action: "openlicense.reseller_added", Object: Wire.Wire(a.ID), LicensingID: a.Licensing, After: after})
	if err != nil {
		return err
	}
	_, err = s.Accounts.InviteTx(tx, actor, accounts.Invitation{Address: a.Address, FirstName: r.first, LastName: r.last, Organization: r.organization, Reason: "reseller"})
	if err != nil {
		return err
	}
	return s.tellAdministrators(tx, a.Licensing, notify.OpenLicenseReseller, s.denying(a))
}
