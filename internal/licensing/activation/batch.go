package activation

import (
	"context"
	"slices"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// batchMost is how many requests share one commit at the most.
const batchMost = 64

// pending is a request that waits for its commit.
type pending struct {
	Request
	lookup []byte
	actor  audit.Actor
	answer chan outcome // holds one; never blocks the worker
}

// outcome is what became of a request.
type outcome struct {
	Activation
	again  bool
	err    error
	signer Signer
}

// Start begins to work with the given number of workers. One serves a busy key best, since two would share its requests out into smaller
// batches that wait for each other; more help where the network to PostgreSQL is slow and keys are many.
func (s *Service) Start(workers int) {
	for range workers {
		s.workers.Go(s.work)
	}
}

// Stop lets the commits under way finish, refuses what still waits and returns when no worker is left.
func (s *Service) Stop() {
	s.stop.Do(func() { close(s.done) })
	s.workers.Wait()
	s.end.Do(func() { close(s.ended) })
}

func (s *Service) work() {
	for {
		select {
		case <-s.done:
			return
		case first := <-s.queue:
			s.run(s.gather(first))
		}
	}
}

// gather takes what waits already; it never waits for more.
func (s *Service) gather(first *pending) []*pending {
	batch := append(make([]*pending, 0, batchMost), first)
	for len(batch) < batchMost {
		select {
		case p := <-s.queue:
			batch = append(batch, p)
		default:
			return batch
		}
	}
	return batch
}

// run answers a batch. It belongs to no single caller, so it runs to its end whoever goes away.
func (s *Service) run(batch []*pending) {
	var outcomes []outcome
	var signer Signer
	err := s.access.Write(context.Background(), audit.Actor{Kind: audit.Machine}, func(tx *db.Tx, g *access.Gate) error {
		g.Public() // possession of a key is the right: lockKeys finds out
		var err error
		if signer, err = s.signer(tx); err != nil {
			return err
		}
		outcomes, err = s.activateTx(tx, batch)
		return err
	})
	for i, p := range batch {
		if err != nil {
			p.answer <- outcome{err: err}
		} else {
			outcomes[i].signer = signer // signed by whoever asked, beside the others
			p.answer <- outcomes[i]
		}
	}
}

// activateTx works off a batch, in the order in which it was asked. It takes five statements, however many keys there are: the rows
// of the keys are locked first, in one order everywhere, so that what is read and counted after that stays true and two workers never
// wait for each other in a circle.
func (s *Service) activateTx(tx *db.Tx, batch []*pending) ([]outcome, error) {
	found, err := lockKeys(tx, batch)
	if err != nil {
		return nil, err
	}
	known, err := knownTx(tx, found, batch)
	if err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(batch))
	var fresh []Activation
	var record []audit.Act
	round := s.refusals.round(tx.Now())
	for i, p := range batch {
		k := found[string(p.lookup)]
		if k == nil {
			outcomes[i].err = errNoKey
			continue
		}
		o := decide(tx, k, known, p)
		if outcomes[i] = o; o.again {
			continue
		}
		if o.err == nil {
			fresh = append(fresh, o.Activation)
		} else if round.repeated(refusal{k.id, k.licensing, errs.CodeOf(o.err)}) {
			continue
		}
		record = append(record, audit.Act{Actor: p.actor, Event: event(k, p, o.err)})
	}
	if err := storeTx(tx, found, fresh); err != nil {
		return nil, err
	}
	tx.AfterCommit(round.commit)
	return outcomes, audit.RecordEach(tx, record)
}

// decide answers one request. What it activates counts at once for those after it: a computer may ask twice in one batch.
func decide(tx *db.Tx, k *keyRow, known map[computer]Activation, p *pending) outcome {
	c := computer{k.id, p.InstallationID}
	if a, ok := known[c]; ok {
		if a.Product == p.Product {
			return outcome{Activation: a, again: true}
		}
		if err := k.serves(p.Product); err != nil {
			return outcome{err: err}
		}
		return outcome{err: errInstallation} // made for the other product, and it is the key's row of that one
	}
	if err := k.refuses(p); err != nil {
		return outcome{err: err}
	}
	k.fresh++
	known[c] = Activation{ID: tx.NewID(), KeyID: k.id, LicensingID: k.licensing, InstallationID: p.InstallationID, Product: p.Product, Machine: p.Machine, At: tx.Now()}
	return outcome{Activation: known[c]}
}

// attempt is what the record keeps of a request.
type attempt struct {
	InstallationID string `json:"installation_id"`
	Machine        string `json:"machine,omitempty"`
	Product        string `json:"product,omitempty"` // one that the key serves; other text is a stranger's and is not kept
	Reason         string `json:"reason,omitempty"`
}

// event tells the record what became of a request.
func event(k *keyRow, p *pending, refused error) audit.Event {
	e := audit.Event{Action: "activation.activated", Object: keyWire(k.id), LicensingID: k.licensing}
	after := attempt{InstallationID: p.InstallationID, Machine: p.Machine}
	if slices.Contains(k.products, p.Product) {
		after.Product = p.Product
	}
	if refused != nil {
		e.Action, e.Refused, after.Reason = refusedAction, true, errs.CodeOf(refused)
	}
	e.After = after
	return e
}

// computer is one that a key has activated.
type computer struct {
	key          ids.ID
	installation string
}
