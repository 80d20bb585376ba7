package db

import "context"

type (
	hookKey  struct{}
	traceKey struct{}
)

// BeforeCommit returns a context under which the Write that sets a result (Tx.SetResult) runs hook as its last
// statements. A face uses it to store what makes a repeated request safe in the effect's own transaction.
func BeforeCommit(ctx context.Context, hook func(tx *Tx, result string) error) context.Context {
	return context.WithValue(ctx, hookKey{}, hook)
}

// SetResult names the object that the transaction made or changed. Use cases behind routes of the idempotency class
// "key" call it once, in the transaction that has the effect.
func (tx *Tx) SetResult(object string) { tx.result = object }

func (tx *Tx) runHook() error {
	hook, ok := tx.ctx.Value(hookKey{}).(func(*Tx, string) error)
	if !ok || tx.result == "" {
		return nil
	}
	return hook(tx, tx.result)
}

// Trace returns a context under which every transaction, when it has ended, tells end how many statements it ran and
// whether it was one that may write: how much is done while others wait, whatever the machine's speed.
func Trace(ctx context.Context, end func(statements int, writes bool)) context.Context {
	return context.WithValue(ctx, traceKey{}, end)
}

func (tx *Tx) trace() {
	if end, ok := tx.ctx.Value(traceKey{}).(func(int, bool)); ok {
		end(tx.statements, tx.writes)
	}
}
