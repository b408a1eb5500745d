package import Basics
import Domain
import HTTP
package import Site
import Store

/// The environment variables of an instance. They count from its next start.
package struct EnvironmentRoutes: Resource {
    private let environment: InstanceEnvironment
    private let runtime: any InstanceRuntime

    package init(environment: InstanceEnvironment, runtime: any InstanceRuntime) {
        self.environment = environment
        self.runtime = runtime
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/instances/{instance}/environment", .needs(.instanceEnvironment),
                "Read the environment of an instance", show),
            Route(
                .put, "/api/v1/instances/{instance}/environment", .needs(.instanceEnvironment),
                "Replace the environment of an instance", replace),
        ]
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<EnvironmentView> {
        Found(try await view(of: try context.id("instance")))
    }

    private func replace(
        _ body: ReplaceEnvironment, _ context: RequestContext
    ) async throws(Problem) -> Found<EnvironmentView> {
        let id: Instance.ID = try context.id("instance")
        do throws(InstanceEnvironment.Fault) {
            try await environment.replace(body.variables, of: id, by: context.actor)
        } catch { throw problem(error) }
        await runtime.refresh(id)
        return Found(try await view(of: id))
    }

    private func view(of id: Instance.ID) async throws(Problem) -> EnvironmentView {
        do throws(InstanceEnvironment.Fault) {
            return EnvironmentView(variables: try await environment.list(of: id))
        } catch { throw problem(error) }
    }

    private func problem(_ fault: InstanceEnvironment.Fault) -> Problem {
        switch fault {
        case .store(let error): Problem(error)
        case .noValue(let name): .invalid("variables", "must give a value for \(name)")
        case .sealing: .storage
        }
    }
}

package struct EnvironmentView: APIView {
    let variables: [InstanceEnvironment.Variable]

    package static var schema: Schema {
        let variable = Schema.object(
            nil,
            [
                .field("name", .text), .field("value", .optional(.text)),
                .field("secret", .boolean),
            ])
        return .object("Environment", [.field("variables", .list(variable))])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.array("variables") { json in
                for variable in variables {
                    json.object { json in
                        json.field("name", variable.name.text)
                        json.field("value", variable.value)
                        json.field("secret", variable.isSecret)
                    }
                }
            }
        }
    }
}

package struct ReplaceEnvironment: APIBody {
    let variables: [InstanceEnvironment.Variable]

    /// 500 variables of 32 KB: more than the kernel takes for one process.
    private static let countLimit = 500
    private static let valueLimit = 32_768

    package static var schema: Schema { EnvironmentView.schema }

    package init(json: JSONObject) throws(JSONFieldError) {
        guard let list = try json.optionalArray("variables") else {
            throw JSONFieldError(field: "variables", reason: "is missing")
        }
        guard list.count <= Self.countLimit else {
            throw JSONFieldError(field: "variables", reason: "may hold at most 500")
        }
        var names: Set<String> = []
        var variables: [InstanceEnvironment.Variable] = []
        for element in list {
            let variable = try Self.variable(element)
            guard names.insert(variable.name.text).inserted else {
                throw JSONFieldError(
                    field: "variables", reason: "holds \(variable.name.text) twice")
            }
            variables.append(variable)
        }
        self.variables = variables
    }

    static func variable(
        _ element: JSONValue
    ) throws(JSONFieldError) -> InstanceEnvironment.Variable {
        guard let object = element.object else {
            throw JSONFieldError(field: "variables", reason: "must hold objects")
        }
        let text = try object.string("name")
        let name: EnvironmentVariable.Name
        do throws(ValidationFault) { name = try .init(validating: text) } catch {
            throw JSONFieldError(field: "variables", reason: "name \(text) \(error.reason)")
        }
        let value = try object.optionalString("value")
        if let value, value.utf8.count > valueLimit || value.utf8.contains(0) {
            throw JSONFieldError(
                field: "variables", reason: "value of \(text) is too long or holds NUL")
        }
        return InstanceEnvironment.Variable(
            name: name, value: value, isSecret: try object.optionalBool("secret") ?? false)
    }
}
