import Basics
import Domain
import HTTP
package import Store

/// The site itself, and its health.
package struct SiteRoutes: Resource {
    private let stores: Stores
    private let version: String

    package init(stores: Stores, version: String) {
        self.stores = stores
        self.version = version
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/health", .anybody, "Ask whether the site is up", health),
            Route(.get, "/api/v1/site", .needs(.siteRead), "Read the site's settings", show),
            Route(.patch, "/api/v1/site", .needs(.siteEdit), "Change the site's settings", change),
        ]
    }

    private func health(_ context: RequestContext) async throws(Problem) -> Found<HealthView> {
        Found(
            try await stored { () async throws(StoreError) in
                HealthView(
                    version: version, isSetUp: try await stores.settings.isSetUp(),
                    site: try await stores.settings.site(), time: .now())
            })
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<SiteView> {
        Found(SiteView(site: try await site()))
    }

    private func change(
        _ body: ChangeSite, _ context: RequestContext
    ) async throws(Problem) -> Found<SiteView> {
        var site = try await site()
        site.name = body.name ?? site.name
        site.language = body.language ?? site.language
        site.timeZone = body.timeZone ?? site.timeZone
        let changed = site
        try await stored { () async throws(StoreError) in
            try await stores.settings.update(changed, by: context.actor)
        }
        return Found(SiteView(site: changed))
    }

    private func site() async throws(Problem) -> SiteSettings {
        let site = try await stored { () async throws(StoreError) in
            try await stores.settings.site()
        }
        guard let site else { throw .notFound("The site") }
        return site
    }
}

/// The description of the API, made from the very routes that it describes.
package struct DescriptionRoutes: Resource {
    private let others: [Route]
    private let version: String

    package init(of others: [Route], version: String) {
        self.others = others
        self.version = version
    }

    package var routes: [Route] {
        [
            .raw(.get, "/api/v1/openapi.json", .anybody, "Read the description of the API") {
                (_) async throws(Problem) -> Response in .json(description)
            }
        ]
    }

    private var description: OpenAPI {
        let own = Route.raw(
            .get, "/api/v1/openapi.json", .anybody, "Read the description of the API"
        ) { (_) async throws(Problem) -> Response in .empty() }
        return OpenAPI(routes: others + [own], version: version)
    }
}
