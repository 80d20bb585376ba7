package accounts

import (
	"context"
	"slices"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// Newcomer is a person whom an Administrator adds (ADM-07).
type Newcomer struct {
	Address   string
	Names     Names
	Wishes    []access.Wish
	Until     time.Time // of the roles; zero is for good
	Confirmed bool      // the Administrator has seen what is unusual about the address, and means it
}

// sharedMailboxes are local parts of addresses that usually are not one person's (ORG-08), in English and in Italian.
var sharedMailboxes = []string{"account", "accounts", "acquisti", "admin", "administration", "administrator", "amministrazione", "assistenza", "billing", "ced", "commerciale",
	"contabilita", "contact", "contatti", "contratti", "direzione", "edp", "fatture", "fatturazione", "finance", "hello", "helpdesk", "help", "hostmaster", "hr", "info",
	"informatica", "it", "it-support", "itsupport", "legale", "license", "licenses", "licensing", "licenze", "mail", "noreply", "no-reply", "office", "ordini", "orders",
	"personale", "postmaster", "procurement", "protocollo", "purchasing", "reception", "risorseumane", "root", "sales", "segreteria", "service", "servizio", "servicedesk",
	"sistemi", "staff", "supporto", "support", "sysadmin", "team", "tecnico", "ufficio", "uffici", "ufficioacquisti", "ufficioit", "vendite", "webmaster"}

// shared reports whether an address looks like a mailbox that several people read.
func shared(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	if local, _, _ = strings.Cut(local, "+"); slices.Contains(sharedMailboxes, local) {
		return true
	}
	first, _, _ := strings.Cut(strings.NewReplacer(".", "-", "_", "-").Replace(local), "-")
	return first == "ufficio" || first == "team"
}

// AddUser gives a person without any permission so far first roles on Licensing IDs of the actor, at once, and returns the id of the person
// for Administrators. The person gets one mail: whoever has no account yet, an invitation (ADM-08). Whether the address has one is not told.
// Errors: those of Gate.Scope and Gate.On for ManageUsers; Invalid "accounts.newcomer" with its fields, "access.assignment"; Conflict
// "access.person_listed" with the parameter person, "accounts.unusual_address" with its fields until it is confirmed.
func (s *Service) AddUser(ctx context.Context, actor audit.Actor, n Newcomer) (ids.ID, error) {
	var person ids.ID
	err := s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if _, err := g.Scope(access.ManageUsers); err != nil {
			return err
		}
		address, err := n.check()
		if err != nil {
			return err
		}
		adding := access.Newcomer{Address: address, First: n.Names.First, Last: n.Names.Last, Wishes: n.Wishes, Until: n.Until}
		person, err = s.access.AddTx(tx, g, adding, func() error {
			if n.Confirmed {
				return nil
			}
			return s.unusual(tx, adding)
		})
		return err
	})
	return person, err
}

// check returns the address in its normal form and trims the names.
func (n *Newcomer) check() (string, error) {
	fields := n.Names.faults()
	address, err := access.NormalizeAddress(n.Address)
	if err != nil {
		fields = append([]errs.Field{{Pointer: "email", Code: errs.CodeOf(err)}}, fields...)
	}
	if len(fields) > 0 {
		return "", errs.New(errs.Invalid, "accounts.newcomer").With(fields...)
	}
	return address, nil
}

// unusual refuses an address that nobody has confirmed and that looks like a shared mailbox (ORG-08), or whose domain one of the
// organizations concerned has not used so far (ADM-13).
func (s *Service) unusual(tx *db.Tx, n access.Newcomer) error {
	warning := errs.New(errs.Conflict, "accounts.unusual_address")
	if shared(n.Address) {
		warning = warning.With(errs.Field{Pointer: "email", Code: "accounts.shared_mailbox"})
	}
	all := make([]ids.ID, len(n.Wishes))
	for i, w := range n.Wishes {
		all[i] = w.Licensing
	}
	owners, err := s.access.OwnersTx(tx, all)
	if err != nil {
		return err
	}
	_, domain, _ := strings.Cut(n.Address, "@")
	for _, o := range owners {
		used, err := s.access.UsesDomainTx(tx, o, domain)
		if err != nil {
			return err
		}
		if !used {
			warning = warning.With(errs.Field{Pointer: "email", Code: "accounts.new_domain", Params: errs.Params{"domain": domain}})
			break
		}
	}
	if len(warning.Fields) > 0 {
		return warning
	}
	return nil
}
