import Basics
import Domain
import HTTP
package import Site
package import Store

/// The site's broker, and the gateways and PLCs that have a name there.
package struct BrokerRoutes: Resource {
    private let stores: Stores
    private let users: BrokerUsers
    private let status: @Sendable () -> BrokerStatus

    package init(
        stores: Stores, users: BrokerUsers, status: @escaping @Sendable () -> BrokerStatus
    ) {
        self.stores = stores
        self.users = users
        self.status = status
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/broker", .anywhere(.brokerRead), "Read the broker's state", show),
            Route(
                .get, "/api/v1/broker/clients", .anywhere(.brokerRead),
                "List the gateways and PLCs at the broker", query: ["limit", "cursor", "query"],
                list),
            Route(
                .post, "/api/v1/broker/clients", .anywhere(.brokerEdit),
                "Add a gateway or PLC; its password is shown once", create),
            Route(
                .get, "/api/v1/broker/clients/{client}", .anywhere(.brokerRead),
                "Read a gateway or PLC", read),
            Route(
                .patch, "/api/v1/broker/clients/{client}", .anywhere(.brokerEdit),
                "Change a gateway or PLC", change),
            Route(
                .delete, "/api/v1/broker/clients/{client}", .anywhere(.brokerEdit),
                "Remove a gateway or PLC; its connection ends", delete),
            Route(
                .post, "/api/v1/broker/clients/{client}/password", .anywhere(.brokerEdit),
                "Give a gateway or PLC a new password, shown once; its connection ends",
                renew),
        ]
    }

    /// For whoever may read of the broker in one team at least.
    private func show(_ context: RequestContext) async throws(Problem) -> Found<BrokerView> {
        let seen = try await Visibility(
            .brokerRead, for: context.caller, in: stores.applications)
        guard !seen.isEmpty else { throw Self.refusal(.brokerRead) }
        return Found(BrokerView(status: status()))
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<BrokerClientView>> {
        let seen = try await Visibility(
            .brokerRead, for: context.caller, in: stores.applications)
        let request = try context.page()
        let page = try await stored { () async throws(StoreError) in
            try await stores.brokerClients.list(of: seen.teams, request)
        }
        return Found(PageView(page.map { BrokerClientView(client: $0) }))
    }

    /// Who may not see a client learns no more than about one that is not there.
    private func client(
        _ context: RequestContext, _ permission: Permission
    ) async throws(Problem) -> BrokerClient {
        let id: BrokerClient.ID = try context.id("client")
        let client = try await stored { () async throws(StoreError) in
            try await stores.brokerClients.get(id)
        }
        guard context.caller.may(.brokerRead, at: client.path) else {
            throw .notFound("The broker's client")
        }
        guard context.caller.may(permission, at: client.path) else {
            throw Self.refusal(permission)
        }
        return client
    }

    private func read(_ context: RequestContext) async throws(Problem) -> Found<BrokerClientView> {
        Found(BrokerClientView(client: try await client(context, .brokerRead)))
    }

    private func create(
        _ body: NewBrokerClient, _ context: RequestContext
    ) async throws(Problem) -> Created<BrokerClientView> {
        guard let team = Team.ID(body.team) else { throw .notFound("This team") }
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: team)
        }
        guard let path, context.caller.may(.teamRead, at: path) else {
            throw .notFound("This team")
        }
        guard context.caller.may(.brokerEdit, at: path) else { throw Self.refusal(.brokerEdit) }
        let rules = try Self.rules(body.rules, team)
        try await refuseOthers(rules, team, context)
        let secret = MachineSecret()
        let draft = BrokerClientStore.Draft(
            team: team, name: body.name, note: body.note, rules: rules,
            isEnabled: body.isEnabled)
        let client = try await stored { () async throws(StoreError) in
            try await stores.brokerClients.insert(
                draft, digest: secret.hash, by: context.actor)
        }
        await users.put(client, digest: secret.hash)
        return Created(
            BrokerClientView(client: client, password: secret.text),
            at: "/api/v1/broker/clients/\(client.id)")
    }

    private func change(
        _ body: BrokerClientChange, _ context: RequestContext
    ) async throws(Problem) -> Found<BrokerClientView> {
        let old = try await client(context, .brokerEdit)
        let rules: [AccessRule]?
        if let written = body.rules {
            let read = try Self.rules(written, old.teamID)
            try await refuseOthers(read, old.teamID, context)
            rules = read
        } else {
            rules = nil
        }
        let new = try await stored { () async throws(StoreError) in
            try await stores.brokerClients.update(old.id, by: context.actor) { client in
                if let note = body.note { client.note = note }
                if let rules { client.rules = rules }
                if let isEnabled = body.isEnabled { client.isEnabled = isEnabled }
            }
        }
        let digest = try await stored { () async throws(StoreError) in
            try await stores.brokerClients.digest(of: old.id)
        }
        await users.put(new, digest: digest)
        return Found(BrokerClientView(client: new))
    }

    private func delete(_ context: RequestContext) async throws(Problem) -> Done {
        let old = try await client(context, .brokerEdit)
        let gone = try await stored { () async throws(StoreError) in
            try await stores.brokerClients.delete(old.id, by: context.actor)
        }
        await users.remove(gone)
        return Done()
    }

    private func renew(
        _ context: RequestContext
    ) async throws(Problem) -> Found<BrokerPasswordView> {
        let old = try await client(context, .brokerEdit)
        let secret = MachineSecret()
        let client = try await stored { () async throws(StoreError) in
            try await stores.brokerClients.setDigest(
                secret.hash, of: old.id, by: context.actor)
        }
        await users.put(client, digest: secret.hash)
        return Found(BrokerPasswordView(password: secret.text))
    }

    /// Topics that another team's clients have are theirs, unless this team has them too: that the
    /// site's administrator has allowed.
    private func refuseOthers(
        _ rules: [AccessRule], _ team: Team.ID, _ context: RequestContext
    ) async throws(Problem) {
        guard !context.caller.may(.siteEdit, at: .site) else { return }
        let all = try await stored { () async throws(StoreError) in
            try await stores.brokerClients.all()
        }
        let own = all.filter { $0.client.teamID == team }.flatMap { $0.client.rules }
        let others = all.filter { $0.client.teamID != team }.flatMap { $0.client.rules }
        let foreign = rules.first { rule in
            !own.contains { $0.covers(rule) } && others.contains { $0.meets(rule) }
        }
        guard let rule = foreign else { return }
        throw .conflict(
            "“\(rule.filter)” reaches topics of another team's gateways or PLCs: only an "
                + "administrator of the site may share them.")
    }

    private static func refusal(_ permission: Permission) -> Problem {
        .forbidden("Your role does not include: \(permission.description.lowercased()).")
    }

    private static func rules(
        _ written: [WrittenRule], _ team: Team.ID
    ) throws(Problem) -> [AccessRule] {
        var rules: [AccessRule] = []
        for rule in written {
            do throws(ValidationFault) {
                rules.append(try AccessRule(rule.access, filter: rule.filter, team: team))
            } catch { throw .invalid("rules", error.reason) }
        }
        return rules
    }
}
