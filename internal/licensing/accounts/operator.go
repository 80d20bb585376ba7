package accounts

import (
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/i18n"
)

// CreateOperatorTx makes the first operator of an installation. Whoever runs the installation vouches for the address, so
// it is verified. The link is an invitation's: it works once, for 7 days, and asks for names and a password. The token
// may do everything the operator may, for 366 days. Both are secrets that exist only in the answer. Errors: Invalid
// "access.address"; Conflict "accounts.address_taken".
func (s *Service) CreateOperatorTx(tx *db.Tx, actor audit.Actor, address string) (signInLink, apiToken string, err error) {
	if address, err = access.NormalizeAddress(address); err != nil {
		return "", "", err
	}
	u := User{ID: tx.NewID(), Language: i18n.English, Staff: access.Operator}
	if err := addUser(tx, u, address); err != nil {
		return "", "", err
	}
	if err := audit.Record(tx, actor, audit.Event{Action: "users.created", Object: users.Wire(u.ID), After: u.change()}); err != nil {
		return "", "", err
	}
	secret, err := operatorInvitation(tx, u, address)
	if err != nil {
		return "", "", err
	}
	apiToken, _, err = addToken(tx, actor, apiTokenPrefix, u.ID, "init", []access.Action{access.Everything}, tx.Now().Add(tokenLife))
	return s.baseURL + InvitationPath + secret, apiToken, err
}

// operatorInvitation writes an invitation that is released already and returns its link's secret. One that was open for
// the address, as somebody else's contact perhaps, gives way: its link must not lead to an operator's account.
func operatorInvitation(tx *db.Tx, u User, address string) (secret string, err error) {
	if _, err := tx.Exec("DELETE FROM invitations WHERE address = $1 AND accepted_at IS NULL", address); err != nil {
		return "", err
	}
	secret = newSecret("")
	_, err = tx.Exec(`INSERT INTO invitations (id, address, first_name, last_name, language, user_id, reason, queued_at, released_at, token_hash, expires_at)
		VALUES ($1, $2, '', '', $3, $4, 'operator', $5, $5, $6, $7)`, tx.NewID(), address, string(u.Language), u.ID, tx.Now(), digest(secret), tx.Now().Add(linkLife))
	return secret, err
}
