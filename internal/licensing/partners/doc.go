// Package partners keeps the partners that sell to customers, by the code that the publisher's feeds give them.
//
// It owns partners. A code is one partner's for ever; its name may change. Of a partner only the name of the organization is
// kept, so that is what customers see of it (CONT-01).
//
// The room does not know which Licensing ID has which partner.
package partners
