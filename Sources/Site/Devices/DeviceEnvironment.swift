import Basics
package import Crypto
package import Domain
package import Store

/// The environment variables of a device: one sealed JSON list each.
package struct DeviceEnvironment: Sendable {
    package typealias Variable = InstanceEnvironment.Variable
    package typealias Fault = InstanceEnvironment.Fault

    private let devices: DeviceStore
    private let sealer: Sealer

    package init(devices: DeviceStore, sealer: Sealer) {
        self.devices = devices
        self.sealer = sealer
    }

    /// Secret ones without their values.
    package func list(of id: Device.ID) async throws(Fault) -> [Variable] {
        try await stored(id).map {
            Variable(name: $0.name, value: $0.isSecret ? nil : $0.value, isSecret: $0.isSecret)
        }
    }

    /// All values, for the device itself.
    package func values(of id: Device.ID) async throws(Fault) -> [(name: String, value: String)] {
        try await stored(id).map { ($0.name.text, $0.value ?? "") }
    }

    /// Replaces all. A variable without a value keeps the one that it has.
    package func replace(
        _ variables: [Variable], of id: Device.ID, by actor: Actor
    ) async throws(Fault) {
        var former: [String: Variable] = [:]
        for variable in try await stored(id) { former[variable.name.text] = variable }
        var complete: [Variable] = []
        for variable in variables {
            if variable.value != nil {
                complete.append(variable)
            } else if let kept = former[variable.name.text], kept.isSecret == variable.isSecret {
                complete.append(kept)
            } else {
                // A secret must not become readable by leaving its value out.
                throw .noValue(variable.name.text)
            }
        }
        var changes = AuditChanges()
        let names = Set(former.keys).union(complete.map(\.name.text)).sorted()
        for name in names {
            let old = former[name]
            let new = complete.first { $0.name.text == name }
            if old != new { changes.secret(name) }
        }
        guard !changes.isEmpty else { return }
        let context = SecretContext.deviceEnvironment(id)
        guard let sealed = try? sealer.seal(Self.json(complete), context: context) else {
            throw .sealing
        }
        let bytes = complete.isEmpty ? nil : sealed
        do throws(StoreError) {
            try await devices.setEnvironment(of: id, to: bytes, changes, by: actor)
        } catch { throw .store(error) }
    }

    private func stored(_ id: Device.ID) async throws(Fault) -> [Variable] {
        let sealed: [UInt8]?
        do throws(StoreError) { sealed = try await devices.environment(of: id) } catch {
            throw .store(error)
        }
        guard let sealed else { return [] }
        guard let bytes = try? sealer.open(sealed, context: SecretContext.deviceEnvironment(id)),
            let list = try? JSONReader.read(bytes, limit: 32 << 20).array
        else { throw .sealing }
        return list.compactMap { element in
            guard let name = element["name"]?.string else { return nil }
            return Variable(
                name: .init(stored: name), value: element["value"]?.string ?? "",
                isSecret: element["secret"]?.bool ?? false)
        }
    }

    private static func json(_ variables: [Variable]) -> [UInt8] {
        var json = JSONWriter()
        json.array { json in
            for variable in variables {
                json.object { json in
                    json.field("name", variable.name.text)
                    json.field("value", variable.value)
                    json.field("secret", variable.isSecret)
                }
            }
        }
        return json.bytes
    }
}
