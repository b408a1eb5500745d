import Basics
import Domain
import HTTP
package import Site
package import Store

/// What the node packages of a FlowFuse agent ask: other instances to link to, a place at the
/// broker, shared flows, ready-made ones.
package struct StockTeamRoutes: Resource {
    private let stores: Stores
    private let recipes: RecipeStore

    package init(stores: Stores, recipes: RecipeStore) {
        self.stores = stores
        self.recipes = recipes
    }

    package var routes: [Route] {
        [
            .raw(
                .get, "/api/v1/teams/{team}/projects", .device,
                "List the instances that a device may link to", projects),
            .raw(
                .post, "/api/v1/teams/{team}/broker/client/{client}/link", .device,
                "Link the device's MQTT nodes to the broker", link),
            .raw(
                .get, "/api/v1/teams/{team}/databases", .device,
                "List the databases of a device's tables", databases),
            .raw(
                .get, "/api/v1/flow-blueprints", .device, "List ready-made flows",
                query: ["filter", "team"], blueprints),
            .raw(
                .get, "/api/v1/flow-blueprints/", .device, "List ready-made flows",
                query: ["filter", "team"], blueprints),
            .raw(
                .get, "/api/v1/flow-blueprints/{blueprint}", .device, "Get a ready-made flow",
                blueprint),
        ]
    }

    private func team(_ context: RequestContext) throws(Problem) -> Team.ID {
        try context.id("team")
    }

    private func projects(_ context: RequestContext) async throws(Problem) -> Response {
        let team = try team(context)
        let instances = try await stored { () async throws(StoreError) in
            try await stores.instances.all()
        }.filter { $0.teamID == team }
        var json = JSONWriter()
        json.object { json in
            json.field("count", instances.count)
            json.array("projects") { json in
                for instance in instances {
                    json.object { json in
                        json.field("id", instance.id)
                        json.field("name", instance.name.text)
                    }
                }
            }
        }
        return .bytes(json.bytes, type: "application/json")
    }

    /// The broker lets the MQTT nodes of each device in by the device's own password, so that
    /// there is nothing to make; only the password is checked.
    private func link(_ context: RequestContext) async throws(Problem) -> Response {
        guard let agent = context.caller.agent,
            context.parameter("client") == "device:\(agent.device)"
        else { throw .unauthenticated }
        let body = try await context.jsonBody(limit: .kibibytes(16))
        let known = try await stored { () async throws(StoreError) in
            try await stores.deviceSecrets.find(agent.device)
        }
        guard let password = body["password"]?.string, let known,
            Secrecy.equal(known.brokerHash, MachineSecret.hash(of: password))
        else { throw .forbidden("The password is not the one of this device at the broker.") }
        let device = try await stored { () async throws(StoreError) in
            try await stores.devices.get(agent.device)
        }
        var json = JSONWriter()
        json.object { json in
            json.field("id", agent.device)
            json.field("username", "device:\(agent.device)")
            json.array("acls") { json in
                json.object { json in
                    json.field("pattern", "#")
                    json.field("action", "subscribe")
                }
            }
            json.object("owner") { json in
                json.field("ownerType", "device")
                json.field("id", agent.device)
                json.field("name", device.name.text)
            }
        }
        return .bytes(json.bytes, type: "application/json")
    }

    private func databases(_ context: RequestContext) async throws(Problem) -> Response {
        .bytes(Array("[]".utf8), type: "application/json")
    }

    private func blueprints(_ context: RequestContext) async throws(Problem) -> Response {
        var json = JSONWriter()
        json.object { json in
            json.field("count", recipes.recipes.count)
            json.array("blueprints") { json in
                for recipe in recipes.recipes {
                    json.object { json in
                        json.field("id", recipe.name)
                        json.field("name", recipe.title)
                        json.field("description", recipe.purpose)
                        json.field("category", recipe.use.rawValue)
                        json.field("active", true)
                    }
                }
            }
        }
        return .bytes(json.bytes, type: "application/json")
    }

    private func blueprint(_ context: RequestContext) async throws(Problem) -> Response {
        guard let recipe = recipes.find(context.parameter("blueprint")) else {
            throw .notFound("This blueprint")
        }
        var json = JSONWriter()
        json.object { json in
            json.field("id", recipe.name)
            json.field("name", recipe.title)
            json.field("description", recipe.purpose)
            json.field("category", recipe.use.rawValue)
            json.object("flows") { json in
                json.key("flows")
                json.raw(recipe.flows)
            }
            json.object("modules") { json in
                for module in recipe.modules { json.field(module.name, module.version) }
            }
        }
        return .bytes(json.bytes, type: "application/json")
    }
}
