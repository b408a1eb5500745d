package import Crypto
package import Domain
package import Store

/// What to run, as the registry has it, with its secrets opened.
package struct StoredCatalog: InstanceCatalog {
    /// Why an instance cannot be started; a phrase that ends in no full stop.
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case practiceNotAllowed
        case secretsUnreadable

        package var description: String {
            switch self {
            case .practiceNotAllowed:
                "it has no stack, and this site does not run the practice runtime: "
                    + "choose a stack for it"
            case .secretsUnreadable:
                "its secrets do not fit the key of this site: restore site.key from a backup"
            }
        }
    }

    private let stores: Stores
    private let sealer: Sealer
    private let stackPath: @Sendable (Stack.ID) -> String
    private let allowsPractice: Bool

    /// - Parameter stackPath: where a stack lies, whether it is there or not.
    package init(
        stores: Stores, sealer: Sealer, allowsPractice: Bool,
        stackPath: @escaping @Sendable (Stack.ID) -> String
    ) {
        self.stores = stores
        self.sealer = sealer
        self.allowsPractice = allowsPractice
        self.stackPath = stackPath
    }

    package func definition(of id: Instance.ID) async throws -> InstanceDefinition {
        let instance = try await stores.instances.get(id)
        let secrets = try await stores.instances.secrets(of: id)
        var environment: [String] = []
        for variable in try await stores.instances.environment(of: id) {
            let name = variable.name.text
            let value = try open(variable.sealedValue, SecretContext.environment(id, name))
            environment.append("\(name)=\(value)")
        }
        let site = try await stores.settings.site()
        let program: InstanceDefinition.Program
        if let stack = instance.stackID {
            program = .stack(path: stackPath(stack))
        } else {
            guard allowsPractice else { throw Fault.practiceNotAllowed }
            program = .practice
        }
        return InstanceDefinition(
            id: id, name: instance.name.text, slug: instance.slug.text, program: program,
            settings: instance.settings,
            timeZone: (instance.settings.timeZone ?? site?.timeZone ?? .utc).text,
            environment: environment,
            credentialSecret: try open(secrets.credentialSecret, SecretContext.credentialSecret),
            pageSecret: try open(secrets.pageSecret, SecretContext.pageSecret(id)),
            port: instance.port)
    }

    package func remember(port: Int, of id: Instance.ID) async throws {
        _ = try await stores.instances.leasePort(port, for: id)
    }

    private func open(_ sealed: [UInt8], _ context: String) throws(Fault) -> String {
        guard let bytes = try? sealer.open(sealed, context: context) else {
            throw .secretsUnreadable
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
