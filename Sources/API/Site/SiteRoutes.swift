import Basics
import Domain
import HTTP
package import Store

/// The site itself, its health, and the search over all that a caller sees.
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
            Route(
                .get, "/api/v1/search", .needs(.selfRead), "Find things by their names",
                query: ["q"], search),
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

    /// 8 of each kind: a list to pick from, not to read through.
    private func search(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<SearchItemView>> {
        guard let text = context.query("q") else { return Found(PageView(all: [])) }
        let request = PageRequest(limit: 8, query: String(text.prefix(100)))
        let caller = context.caller
        let teams = try await Visibility(.teamRead, for: caller, in: stores.applications)
        let instances = try await Visibility(.instanceRead, for: caller, in: stores.applications)
        var items: [SearchItemView] = []
        items += try await stored { () async throws(StoreError) in
            try await stores.instances.list(
                .init(visible: instances.applications), request
            ).items.map { SearchItemView(type: "instance", id: $0.id.text, name: $0.name.text) }
        }
        items += try await stored { () async throws(StoreError) in
            try await stores.teams.list(request, visible: teams.teams).items
                .map { SearchItemView(type: "team", id: $0.id.text, name: $0.name.text) }
        }
        if caller.may(.userRead, at: .site) {
            items += try await stored { () async throws(StoreError) in
                try await stores.users.list(request).items
                    .map { SearchItemView(type: "user", id: $0.id.text, name: $0.username.text) }
            }
        }
        if caller.may(.stackRead, at: .site) {
            items += try await stored { () async throws(StoreError) in
                try await stores.stacks.list(request).items
                    .map { SearchItemView(type: "stack", id: $0.id.text, name: $0.name.text) }
            }
        }
        return Found(PageView(all: items))
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
