import Basics
import Domain
import HTTP
package import Site
package import Store

/// How long versions and audit events are kept, and how the vault is that keeps versions.
package struct RetentionRoutes: Resource {
    private let stores: Stores
    private let time: SteadyTime

    package init(stores: Stores, time: SteadyTime) {
        self.stores = stores
        self.time = time
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/site/retention", .needs(.siteRead),
                "Read how long versions are kept where an instance does not say, and audit events",
                show),
            Route(
                .patch, "/api/v1/site/retention", .needs(.siteEdit),
                "Change how long versions and audit events are kept; versions go within ten minutes",
                change),
            Route(
                .post, "/api/v1/site/clock/confirm", .needs(.siteEdit),
                "Say that the clock is right after it jumped: what is old may go again", confirm),
            Route(
                .get, "/api/v1/site/vault", .needs(.siteRead),
                "Read what the vault holds and what of it is damaged", vault),
        ]
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<RetentionView> {
        Found(
            try await stored { () async throws(StoreError) in
                RetentionView(
                    rule: try await stores.retention.rule(),
                    auditDays: try await stores.audit.keptDays())
            })
    }

    private func change(
        _ body: ChangeRetention, _ context: RequestContext
    ) async throws(Problem) -> Found<RetentionView> {
        let view = try await stored { () async throws(StoreError) in
            var rule = try await stores.retention.rule()
            rule.keepVersions = body.keepVersions ?? rule.keepVersions
            rule.keepDays = body.keepDays ?? rule.keepDays
            try await stores.retention.setRule(rule, by: context.actor)
            if let days = body.keepAuditDays {
                try await stores.audit.setKeptDays(days, by: context.actor)
            }
            return RetentionView(rule: rule, auditDays: try await stores.audit.keptDays())
        }
        return Found(view)
    }

    private func confirm(_ context: RequestContext) async throws(Problem) -> Done {
        try await stored { () async throws(StoreError) in
            try await time.confirm(by: context.actor)
        }
        return Done()
    }

    private func vault(_ context: RequestContext) async throws(Problem) -> Found<VaultView> {
        Found(
            VaultView(
                report: try await stored { () async throws(StoreError) in
                    try await VaultReport(reading: stores)
                }))
    }
}
