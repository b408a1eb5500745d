import Basics
package import Crypto
package import Domain
package import Store

/// The environment variables of instances, opened and sealed on the way.
package struct InstanceEnvironment: Sendable {
    package struct Variable: Sendable, Equatable {
        package let name: EnvironmentVariable.Name
        /// `nil` for a secret one: its value never comes back.
        package let value: String?
        package let isSecret: Bool

        package init(name: EnvironmentVariable.Name, value: String?, isSecret: Bool) {
            self.name = name
            self.value = value
            self.isSecret = isSecret
        }
    }

    package enum Fault: Error, Sendable, Equatable {
        case store(StoreError)
        /// A secret variable came without a value and there is none to keep.
        case noValue(String)
        case sealing
    }

    private let instances: InstanceStore
    private let sealer: Sealer

    package init(instances: InstanceStore, sealer: Sealer) {
        self.instances = instances
        self.sealer = sealer
    }

    package func list(of id: Instance.ID) async throws(Fault) -> [Variable] {
        try await stored(id).map { (variable) throws(Fault) in
            Variable(
                name: variable.name, value: variable.isSecret ? nil : try open(variable, id),
                isSecret: variable.isSecret)
        }
    }

    /// Replaces all. A variable without a value keeps the one that it has.
    package func replace(
        _ variables: [Variable], of id: Instance.ID, by actor: Actor
    ) async throws(Fault) {
        var former: [String: EnvironmentVariable] = [:]
        for variable in try await stored(id) { former[variable.name.text] = variable }
        var sealed: [EnvironmentVariable] = []
        for variable in variables {
            if let value = variable.value {
                sealed.append(try seal(variable.name, value, variable.isSecret, id))
            } else if let kept = former[variable.name.text], kept.isSecret == variable.isSecret {
                sealed.append(kept)
            } else {
                // A secret must not become readable by leaving its value out.
                throw .noValue(variable.name.text)
            }
        }
        do throws(StoreError) {
            try await instances.setEnvironment(of: id, to: sealed, by: actor)
        } catch { throw .store(error) }
    }

    private func stored(_ id: Instance.ID) async throws(Fault) -> [EnvironmentVariable] {
        do throws(StoreError) { return try await instances.environment(of: id) } catch {
            throw .store(error)
        }
    }

    private func open(
        _ variable: EnvironmentVariable, _ id: Instance.ID
    ) throws(Fault) -> String {
        let context = SecretContext.environment(id, variable.name.text)
        guard let bytes = try? sealer.open(variable.sealedValue, context: context) else {
            throw .sealing
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func seal(
        _ name: EnvironmentVariable.Name, _ value: String, _ isSecret: Bool, _ id: Instance.ID
    ) throws(Fault) -> EnvironmentVariable {
        let context = SecretContext.environment(id, name.text)
        guard let sealed = try? sealer.seal(Array(value.utf8), context: context) else {
            throw .sealing
        }
        return EnvironmentVariable(name: name, sealedValue: sealed, isSecret: isSecret)
    }
}
