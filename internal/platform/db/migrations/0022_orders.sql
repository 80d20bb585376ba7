-- Order lines as revisions. revision is the seq of the import that brought it (room "orders"); a row is visible once that
-- import is published, and the highest visible revision of a line holds. A line that moved to another Licensing ID leaves a
-- withdrawn revision behind. recorded time is the publication of the import.
CREATE TABLE order_lines (
    licensing_id @text NOT NULL,
    line_id @text NOT NULL,
    revision @int NOT NULL,
    withdrawn @bool NOT NULL,
    order_number @text NOT NULL,
    ordered_on @text NOT NULL,
    partner_id @text,
    product @text NOT NULL,
    version @text NOT NULL, -- empty when the line names none
    kind @text NOT NULL,
    quantity @int NOT NULL,
    coverage_start @text NOT NULL, -- empty when absent
    coverage_end @text NOT NULL,
    usage_on @text NOT NULL,
    to_product @text NOT NULL,
    returns_line @text, -- line id that a return names
    file_line @int NOT NULL, -- line of the file it came from
    PRIMARY KEY (licensing_id, line_id, revision)
) @strict;
CREATE INDEX order_lines_by_line ON order_lines (line_id, revision);
CREATE INDEX order_lines_by_return ON order_lines (returns_line) WHERE returns_line IS NOT NULL;
CREATE INDEX order_lines_by_revision ON order_lines (revision, line_id);
