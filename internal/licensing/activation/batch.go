package activation

import (
	"cmp"
	"context"
	"errors"
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

// Start begins to work with the given number of workers: one on SQLite, which has one writer; a few on PostgreSQL.
func (s *Service) Start(workers int) {
	left := make(chan struct{}, workers)
	for range workers {
		go func() {
			defer func() { left <- struct{}{} }()
			s.work()
		}()
	}
	go func() {
		for range workers {
			<-left
		}
		s.refuseQueued()
		close(s.ended)
	}()
}

// Stop lets the commits under way finish, refuses what still waits and returns.
func (s *Service) Stop() {
	close(s.done)
	<-s.ended
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

func (s *Service) refuseQueued() {
	for {
		select {
		case p := <-s.queue:
			p.answer <- outcome{err: errStopped}
		default:
			return
		}
	}
}

// run answers a batch. It belongs to no single caller, so it runs to its end whoever goes away.
func (s *Service) run(batch []*pending) {
	var outcomes []outcome
	var signer Signer
	err := s.access.Write(context.Background(), audit.Actor{Kind: audit.Machine}, func(tx *db.Tx, g *access.Gate) error {
		g.Public() // possession of a key is the right: findKeys decides by it
		var err error
		if signer, err = s.signer(tx); err != nil {
			return err
		}
		outcomes, err = activateTx(tx, batch)
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

// activateTx works off a batch key by key, in one order everywhere, so that two workers never wait for each other in a circle.
func activateTx(tx *db.Tx, batch []*pending) ([]outcome, error) {
	found, err := findKeys(tx, batch)
	if err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(batch))
	groups := map[ids.ID][]int{}
	var record []audit.Act
	for i, p := range batch {
		k, ok := found[string(p.lookup)]
		if !ok {
			outcomes[i].err = errNoKey
			continue
		}
		groups[k.id] = append(groups[k.id], i)
	}
	for _, key := range sortedKeys(found) {
		members := groups[key.id]
		slices.SortStableFunc(members, func(a, b int) int { return cmp.Compare(batch[a].InstallationID, batch[b].InstallationID) })
		if err := activateWithKey(tx, key, batch, members, outcomes); err != nil {
			return nil, err
		}
		for _, i := range members {
			if !outcomes[i].again {
				record = append(record, audit.Act{Actor: batch[i].actor, Event: event(key, batch[i], outcomes[i])})
			}
		}
	}
	if len(record) > 0 {
		err = audit.RecordEach(tx, record)
	}
	return outcomes, err
}

// event tells the record what became of a request.
func event(k keyRow, p *pending, o outcome) audit.Event {
	e := audit.Event{Action: "activation.activated", Object: keyWire(k.id), LicensingID: k.licensing,
		After: map[string]string{"installation_id": p.InstallationID, "machine": p.Machine, "product": p.Product}}
	if o.err != nil {
		e.Action, e.Refused = "activation.refused", true
		e.After = map[string]string{"installation_id": p.InstallationID, "machine": p.Machine, "product": p.Product, "reason": errs.CodeOf(o.err)}
	}
	return e
}

// activateWithKey answers the members of one key: first who was activated before, then the new ones, all at once when enough is
// left, one by one when not.
func activateWithKey(tx *db.Tx, k keyRow, batch []*pending, members []int, outcomes []outcome) error {
	known, err := knownTx(tx, k, batch, members)
	if err != nil {
		return err
	}
	var fresh []int
	first := map[string]int{} // a computer may ask twice in one batch
	var twins []int
	for _, i := range members {
		p := batch[i]
		if a, ok := known[p.InstallationID]; ok {
			outcomes[i] = outcome{Activation: a, again: true}
		} else if refused := k.refuses(p); refused != nil {
			outcomes[i].err = refused
		} else if _, ok := first[p.InstallationID]; ok {
			twins = append(twins, i)
		} else {
			first[p.InstallationID] = i
			fresh = append(fresh, i)
		}
	}
	if err := addFresh(tx, k, batch, fresh, outcomes); err != nil {
		return err
	}
	for _, i := range twins {
		outcomes[i] = outcomes[first[batch[i].InstallationID]]
		outcomes[i].again = outcomes[i].err == nil
	}
	return nil
}

// addFresh counts and stores computers that the key has not activated. Another replica may be adding the same ones.
func addFresh(tx *db.Tx, k keyRow, batch []*pending, fresh []int, outcomes []outcome) error {
	if len(fresh) == 0 {
		return nil
	}
	err := tx.Try(func() error { return addTx(tx, k, batch, fresh, outcomes) })
	if !errors.Is(err, errNoneLeft) || len(fresh) == 1 {
		return settle(err, fresh, outcomes)
	}
	for n := range fresh {
		one := fresh[n : n+1]
		err := tx.Try(func() error { return addTx(tx, k, batch, one, outcomes) })
		if err := settle(err, one, outcomes); err != nil {
			return err
		}
	}
	return nil
}

// settle turns "none left" into the outcome of those it concerns; every other error fails the batch.
func settle(err error, of []int, outcomes []outcome) error {
	if !errors.Is(err, errNoneLeft) {
		return err
	}
	for _, i := range of {
		outcomes[i] = outcome{err: errNoneLeft}
	}
	return nil
}
