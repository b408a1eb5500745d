import Basics
import Domain
import HTTP
package import Store

/// Who did what. Owners see their teams' events, administrators all.
package struct AuditRoutes: Resource {
    private let stores: Stores

    package init(stores: Stores) { self.stores = stores }

    private static let query = ["actor", "kind", "object", "team", "from", "to"]

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/audit", .anywhere(.auditRead), "List audit events",
                query: Self.query, list),
            .raw(
                .get, "/api/v1/audit/export", .anywhere(.auditRead),
                "Download audit events as CSV", query: Self.query, export),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<AuditEventView>> {
        let filter = try await filter(context)
        let request = try context.page()
        return Found(
            PageView(
                try await stored { () async throws(StoreError) in
                    try await stores.audit.list(filter, request).map(AuditEventView.init)
                }))
    }

    /// Read page by page while it is sent, so that its length costs no memory.
    private func export(_ context: RequestContext) async throws(Problem) -> Response {
        let filter = try await filter(context)
        let query = context.query("query")
        let headers: Headers = [
            Header.contentType: "text/csv; charset=utf-8",
            Header.contentDisposition: "attachment; filename=\"audit.csv\"",
        ]
        return .stream(status: 200, headers: headers, length: nil) {
            [audit = stores.audit] writer in
            try await writer.write(
                CSV.line([
                    "at", "actorType", "actor", "address", "kind", "objectType", "objectId",
                    "object", "teamId", "before", "after", "text",
                ]))
            var cursor: Cursor?
            repeat {
                let page = try await audit.list(
                    filter, PageRequest(limit: 200, cursor: cursor, query: query))
                try await writer.write(page.items.flatMap { CSV.line(Self.cells($0)) })
                cursor = page.next
            } while cursor != nil
        }
    }

    private static func cells(_ entry: AuditEntry) -> [String] {
        let event = entry.event
        return [
            entry.at.rfc3339, entry.actorType, entry.actorName, entry.address ?? "", event.kind,
            event.object?.type ?? "", event.object?.id ?? "", event.object?.name ?? "",
            event.teamID?.text ?? "",
            event.before.map { String(decoding: $0, as: UTF8.self) } ?? "",
            event.after.map { String(decoding: $0, as: UTF8.self) } ?? "", event.text,
        ]
    }

    private func filter(
        _ context: RequestContext
    ) async throws(Problem) -> AuditStore.Filter {
        var filter = AuditStore.Filter(
            actor: context.query("actor"), kind: context.query("kind"),
            object: context.query("object"), from: try context.time("from"),
            to: try context.time("to"))
        if let team = context.query("team") {
            filter.team = Team.ID(team)
            guard filter.team != nil else { throw .invalid("team", "must be an id") }
        }
        if !context.caller.may(.auditRead, at: .site) {
            let visible = try await Visibility(
                .auditRead, for: context.caller, in: stores.applications)
            guard let teams = visible.teams, !teams.isEmpty else {
                throw .forbidden("Audit events are for owners of teams and administrators.")
            }
            filter.visibleTeams = teams
        }
        return filter
    }
}
