import Basics
import Domain
import HTTP
package import Site
package import Store

/// Instances: list, create, change, start and stop, delete.
package struct InstanceRoutes: Resource {
    let stores: Stores
    let runtime: any InstanceRuntime
    let registrar: InstanceRegistrar
    let recipes: RecipeStore
    let library: VersionLibrary
    let maker: InstanceViewMaker
    let passwords: PageBasicMaker
    let defaults: NewInstanceDefaults

    package init(
        stores: Stores, runtime: any InstanceRuntime, registrar: InstanceRegistrar,
        recipes: RecipeStore, library: VersionLibrary, maker: InstanceViewMaker,
        passwords: PageBasicMaker, defaults: NewInstanceDefaults
    ) {
        self.stores = stores
        self.runtime = runtime
        self.registrar = registrar
        self.recipes = recipes
        self.library = library
        self.maker = maker
        self.passwords = passwords
        self.defaults = defaults
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/instances", .anywhere(.instanceRead), "List the instances",
                query: ["team", "application", "state", "limit", "cursor", "query"], listAll),
            Route(
                .get, "/api/v1/applications/{application}/instances", .needs(.instanceRead),
                "List the instances of an application", query: ["limit", "cursor", "query"], list),
            Route(
                .post, "/api/v1/applications/{application}/instances", .needs(.instanceCreate),
                "Create an instance", limit: .mebibytes(210), create),
            Route(
                .get, "/api/v1/instances/{instance}", .needs(.instanceRead), "Read an instance",
                show),
            Route(
                .patch, "/api/v1/instances/{instance}", .needs(.instanceEdit),
                "Change an instance", change),
            Route(
                .delete, "/api/v1/instances/{instance}", .needs(.instanceDelete),
                "Delete an instance with its versions and files", delete),
            Route(
                .post, "/api/v1/instances/{instance}/actions", .needs(.instanceControl),
                "Start, stop, restart or kill an instance", act),
        ]
    }

    private func listAll(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<InstanceView>> {
        var filter = InstanceStore.Filter(visible: try await visible(to: context.caller))
        if let text = context.query("team") {
            guard let id = Team.ID(text) else { throw .notFound("This team") }
            filter.team = id
        }
        if let text = context.query("application") {
            guard let id = Application.ID(text) else { throw .notFound("This application") }
            filter.application = id
        }
        return try await page(filter, context)
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<InstanceView>> {
        try await page(
            InstanceStore.Filter(application: try context.id("application")), context)
    }

    /// Applications whose instances the caller may see; `nil` for all.
    private func visible(to caller: Caller) async throws(Problem) -> [Application.ID]? {
        if caller.may(.instanceRead, at: .site) { return nil }
        let paths = try await stored { () async throws(StoreError) in
            try await stores.applications.paths()
        }
        return paths.filter { caller.may(.instanceRead, at: $0) }.compactMap(\.application)
    }

    private func page(
        _ filter: InstanceStore.Filter, _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<InstanceView>> {
        let request = try context.page()
        let page: Page<Instance>
        if let text = context.query("state") {
            guard let state = InstanceState(rawValue: text) else {
                let words = InstanceState.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("state", "must be one of \(words)")
            }
            page = try await self.page(filter, in: state, request)
        } else {
            page = try await stored { () async throws(StoreError) in
                try await stores.instances.list(filter, request)
            }
        }
        var views: [InstanceView] = []
        for instance in page.items { views.append(try await maker.view(instance, context)) }
        return Found(PageView(Page(items: views, count: page.count, next: page.next)))
    }

    /// The state is the runtime's, which the database cannot select by: all that match otherwise
    /// are looked at, and the cursor is how many of them were shown.
    private func page(
        _ filter: InstanceStore.Filter, in state: InstanceState, _ request: PageRequest
    ) async throws(Problem) -> Page<Instance> {
        var matching: [Instance] = []
        var next = PageRequest(limit: PageRequest.maximumLimit, query: request.query)
        while true {
            let asked = next
            let stretch = try await stored { () async throws(StoreError) in
                try await stores.instances.list(filter, asked)
            }
            for instance in stretch.items
            where await runtime.status(of: instance.id).state == state {
                matching.append(instance)
            }
            guard let cursor = stretch.next else { break }
            next = PageRequest(
                limit: PageRequest.maximumLimit, cursor: cursor, query: request.query)
        }
        let shown = max(0, request.cursor?.keys.first.flatMap { Int($0) } ?? 0)
        let items = Array(matching.dropFirst(shown).prefix(request.limit))
        let end = shown + items.count
        return Page(
            items: items, count: matching.count,
            next: end < matching.count ? Cursor(["\(end)"]) : nil)
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<InstanceView> {
        Found(try await maker.view(try await instance(context), context))
    }

    func instance(_ context: RequestContext) async throws(Problem) -> Instance {
        let id: Instance.ID = try context.id("instance")
        return try await stored { () async throws(StoreError) in
            try await stores.instances.get(id)
        }
    }

    private func delete(
        _ body: DeleteInstance, _ context: RequestContext
    ) async throws(Problem) -> Done {
        let instance = try await instance(context)
        guard body.name == instance.name.text else {
            throw .invalid("name", "must be typed as it is: \(instance.name)")
        }
        do throws(InstanceRegistrar.Fault) {
            try await registrar.remove(instance, by: context.actor)
        } catch { throw Problem(error) }
        return Done()
    }

    private func act(
        _ body: InstanceAction, _ context: RequestContext
    ) async throws(Problem) -> Accepted<InstanceView> {
        let instance = try await instance(context)
        func wish(_ state: DesiredState) async throws(Problem) {
            try await stored { () async throws(StoreError) in
                try await stores.instances.setDesiredState(
                    instance.id, to: state, by: context.actor)
            }
        }
        switch body.action {
        case .start:
            try await wish(.running)
            await runtime.start(instance.id)
        case .stop:
            try await wish(.stopped)
            await runtime.stop(instance.id)
        case .restart:
            try await wish(.running)
            try await record("restarted", instance, context)
            await runtime.restart(instance.id)
        case .kill:
            try await record("killed", instance, context)
            await runtime.kill(instance.id)
        }
        return Accepted(try await maker.view(try await self.instance(context), context))
    }

    /// What changes no row still leaves its trace.
    private func record(
        _ verb: String, _ instance: Instance, _ context: RequestContext
    ) async throws(Problem) {
        let event = AuditEvent(
            kind: "instance.\(verb)",
            object: ObjectReference(
                type: "instance", id: instance.id.text, name: instance.name.text),
            teamID: instance.teamID, text: "Instance “\(instance.name)” \(verb)")
        try await stored { () async throws(StoreError) in
            try await stores.audit.record(event, by: context.actor)
        }
    }
}

extension Problem {
    init(_ fault: InstanceRegistrar.Fault) {
        switch fault {
        case .store(let error): self.init(error)
        case .deploy(let fault): self.init(fault)
        case .environment(.store(let error)): self.init(error)
        case .environment(.noValue(let name)):
            self = .invalid("variables", "must give a value for \(name)")
        case .environment(.sealing), .sealing, .files: self = .storage
        }
    }
}
