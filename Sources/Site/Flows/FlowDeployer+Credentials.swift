import Basics
import Crypto
import Domain
import Store

/// Credentials under the secret of the instance.
extension FlowDeployer {
    /// Node-RED keeps the credentials of nodes that are not named: those are named as empty.
    func complete(
        _ credentials: JSONObject?, of id: Instance.ID
    ) async throws(DeployFault) -> JSONObject? {
        guard var credentials else { return nil }
        if let present = try? clearCredentials(of: id, try await secret(of: id)) {
            for (node, _) in present.members where credentials[node] == nil {
                credentials[node] = .object(JSONObject())
            }
        }
        return credentials
    }

    func secret(of id: Instance.ID) async throws(DeployFault) -> NodeREDCredentials {
        let secrets: InstanceSecrets
        do throws(StoreError) { secrets = try await stores.instances.secrets(of: id) } catch {
            throw .store(error)
        }
        do throws(Sealer.Fault) {
            return NodeREDCredentials(
                secret: try sealer.openText(
                    secrets.credentialSecret, context: SecretContext.credentialSecret))
        } catch { throw .version(.secret(error)) }
    }

    func clearCredentials(
        of id: Instance.ID, _ secret: NodeREDCredentials
    ) throws(DeployFault) -> JSONObject {
        let files = InstanceFiles(InstanceLayout(state: state, id))
        let stored = try system { () throws(SystemError) in try files.read().credentials }
        guard let stored else { return JSONObject() }
        return try decrypt(stored, secret)
    }

    func decrypt(
        _ file: [UInt8], _ secret: NodeREDCredentials
    ) throws(DeployFault) -> JSONObject {
        guard let clear = try? secret.decrypt(file),
            let object = try? JSONReader.read(clear, limit: clear.count).object
        else { throw .version(.credentials) }
        return object
    }

    func encrypt(
        _ credentials: JSONObject, _ secret: NodeREDCredentials
    ) throws(DeployFault) -> [UInt8] {
        guard let file = try? secret.encrypt(credentials.json) else {
            throw .version(.credentials)
        }
        return file
    }

    func system<Value>(
        _ body: () throws(SystemError) -> Value
    ) throws(DeployFault) -> Value {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }
}
