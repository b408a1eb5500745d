import Basics
import Domain
import HTTP
import Site
import Store

/// Creating and changing.
extension InstanceRoutes {
    func create(
        _ body: NewInstance, _ context: RequestContext
    ) async throws(Problem) -> Created<InstanceView> {
        let stack = try await stack(for: body)
        var settings = InstanceSettings()
        settings.memoryLimitMB = body.memoryLimitMB ?? defaults.memoryLimitMB
        settings.timeZone = body.timeZone
        var wish = InstanceRegistrar.Wish(
            application: try context.id("application"), name: body.name, slug: body.slug,
            stack: stack, settings: settings, flows: body.flows?.json, variables: [],
            starts: body.starts)
        if let name = body.recipe { try furnish(&wish, recipe: name, body.parameters) }
        if let id = body.snapshot { try await furnish(&wish, snapshot: id, context) }
        let checked = wish.settings
        wish.settings = try valid("memoryLimitMB") { () throws(ValidationFault) in
            try checked.validated()
        }
        let instance: Instance
        do throws(InstanceRegistrar.Fault) {
            instance = try await registrar.create(wish, by: context.actor)
        } catch { throw Problem(error) }
        return Created(
            try await maker.view(instance, context), at: "/api/v1/instances/\(instance.id)")
    }

    /// The practice runtime stands in only where there is no stack, or where it is asked for.
    private func stack(for body: NewInstance) async throws(Problem) -> Stack.ID? {
        var chosen: Stack.ID?
        if let named = body.stack {
            chosen = named
        } else {
            chosen = try await stored { () async throws(StoreError) in
                try await stores.stacks.list(PageRequest(limit: 1)).items.first?.id
            }
        }
        if chosen == nil, !defaults.allowsPractice {
            throw .invalid("stack", "must be named: add one, or start Lineside with --practice")
        }
        return chosen
    }

    private func furnish(
        _ wish: inout InstanceRegistrar.Wish, recipe name: String, _ parameters: JSONObject
    ) throws(Problem) {
        guard let recipe = recipes.find(name) else {
            throw .invalid("recipe", "is none of ours: \(name)")
        }
        wish.flows = recipe.flows
        wish.settings.access = recipe.access
        wish.tests = recipe.tests
        do throws(JSONFieldError) {
            wish.variables = try recipe.environment(parameters).map {
                InstanceEnvironment.Variable(name: $0.name, value: $0.value, isSecret: false)
            }
        } catch { throw .invalid(error.field, error.reason) }
    }

    /// A snapshot may come from another application: the caller must be able to read it there.
    private func furnish(
        _ wish: inout InstanceRegistrar.Wish, snapshot id: Snapshot.ID, _ context: RequestContext
    ) async throws(Problem) {
        let (snapshot, path) = try await stored { () async throws(StoreError) in
            let snapshot = try await stores.snapshots.get(id)
            return (snapshot, try await stores.applications.path(of: snapshot.applicationID))
        }
        guard let path, context.caller.may(.snapshotRead, at: path) else {
            throw .notFound("The snapshot")
        }
        let holdsSecrets = snapshot.credentials != nil || snapshot.sealedVariables != nil
        guard !holdsSecrets || context.mayTakeCredentials(from: path) else {
            throw .noForeignCredentials
        }
        let content: SnapshotContent
        do throws(VersionFault) {
            wish.flows = try await library.flows(of: snapshot)
            content = try await library.content(of: snapshot, withSecrets: true)
        } catch { throw Problem(error) }
        wish.credentials = content.credentials ?? JSONObject()
        for variable in content.variables {
            // What Lineside sets itself on every instance does not come from elsewhere.
            guard let name = try? EnvironmentVariable.Name(validating: variable.name),
                let value = variable.value
            else { continue }
            wish.variables.append(
                InstanceEnvironment.Variable(
                    name: name, value: value, isSecret: variable.isSecret))
        }
    }

    func change(
        _ body: ChangeInstance, _ context: RequestContext
    ) async throws(Problem) -> Found<InstanceView> {
        let former = try await instance(context)
        if let slug = body.slug, slug != former.slug {
            guard await runtime.status(of: former.id).state == .stopped else {
                throw .conflict("Stop the instance first: its addresses change with its slug.")
            }
        }
        if case .some(nil) = body.stack, !defaults.allowsPractice {
            throw .invalid("stack", "must be named: the practice runtime is not allowed here")
        }
        let settings = try await settings(former.settings, body)
        let change = InstanceStore.Change(
            name: body.name, slug: body.slug, stack: body.stack,
            settings: try valid("settings") { () throws(ValidationFault) in
                try settings.validated()
            })
        let changed = try await stored { () async throws(StoreError) in
            try await stores.instances.update(former.id, change, by: context.actor)
        }
        await runtime.refresh(changed.id)
        return Found(try await maker.view(changed, context))
    }

    private func settings(
        _ former: InstanceSettings, _ body: ChangeInstance
    ) async throws(Problem) -> InstanceSettings {
        var settings = former
        if let access = body.access { settings.access = access }
        if let limit = body.memoryLimitMB { settings.memoryLimitMB = limit }
        if let limit = body.cpuLimitPercent { settings.cpuLimitPercent = limit }
        if let zone = body.timeZone { settings.timeZone = zone }
        if let allowed = body.paletteInstall { settings.paletteInstall = allowed }
        if let allowed = body.paletteUpload { settings.paletteUpload = allowed }
        if let count = body.keepVersions { settings.keepVersions = count }
        if let days = body.keepDays { settings.keepDays = days }
        if let quota = body.filesQuotaMB { settings.filesQuotaMB = quota }
        if let included = body.filesInVersions { settings.filesInVersions = included }
        if let served = body.filesServed { settings.filesServed = served }
        guard let basic = body.pageBasic else { return settings }
        guard !basic.name.isEmpty, !basic.name.contains(":"), basic.name.utf8.count <= 64 else {
            throw .invalid("pageBasic", "needs a name without a colon, at most 64 bytes")
        }
        guard (8...1024).contains(basic.password.utf8.count) else {
            throw .invalid("pageBasic", "needs a password of 8 to 1024 bytes")
        }
        do {
            settings.pageBasic = try await passwords.make(
                name: basic.name, password: basic.password)
        } catch { throw .busy("Too many passwords are being checked. Try again in a moment.") }
        return settings
    }
}
