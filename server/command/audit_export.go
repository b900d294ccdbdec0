package command

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type auditExportCommand struct {
	hubFlags
	auditFilter
	JSON bool `name:"json" help:"One JSON object per entry, as \"audit list --json\" shows it."`
}

func (*auditExportCommand) Help() string {
	return `Newest first, however many there are: what the console's export of its page Audit has.

Examples:

    orderhub audit export --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z > november.csv
    orderhub audit export --operator ada --json`
}

func (c *auditExportCommand) call(ctx context.Context, std *Streams, api *client) error {
	entries := contract.Each(
		ctx, api.operators.ListAuditEntries, c.request(), (*orderhubv1.ListAuditEntriesResponse).GetEntries, 0,
	)
	if c.JSON {
		return contract.WriteMessages(std.Out, entries)
	}
	return contract.WriteEntries(std.Out, entries)
}
