import Basics
import Domain
import HTTP
import Site
package import Store

/// How long versions are kept, and how the vault is that keeps them.
package struct RetentionRoutes: Resource {
    private let stores: Stores

    package init(stores: Stores) { self.stores = stores }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/site/retention", .needs(.siteRead),
                "Read how long versions are kept where an instance does not say", show),
            Route(
                .patch, "/api/v1/site/retention", .needs(.siteEdit),
                "Change how long versions are kept; applied within ten minutes", change),
            Route(
                .get, "/api/v1/site/vault", .needs(.siteRead),
                "Read what the vault holds and what of it is damaged", vault),
        ]
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<RetentionView> {
        Found(
            RetentionView(
                rule: try await stored { () async throws(StoreError) in
                    try await stores.retention.rule()
                }))
    }

    private func change(
        _ body: ChangeRetention, _ context: RequestContext
    ) async throws(Problem) -> Found<RetentionView> {
        let rule = try await stored { () async throws(StoreError) in
            var rule = try await stores.retention.rule()
            rule.keepVersions = body.keepVersions ?? rule.keepVersions
            rule.keepDays = body.keepDays ?? rule.keepDays
            try await stores.retention.setRule(rule, by: context.actor)
            return rule
        }
        return Found(RetentionView(rule: rule))
    }

    private func vault(_ context: RequestContext) async throws(Problem) -> Found<VaultView> {
        Found(
            VaultView(
                report: try await stored { () async throws(StoreError) in
                    try await VaultReport(reading: stores)
                }))
    }
}
