import Basics
import Domain
package import HTTP
package import Site
import Store

extension Problem {
    package init(_ fault: DeployFault) {
        switch fault {
        case .invalidFlows(let reason): self = .invalid("flows", reason)
        case .changedMeanwhile:
            self = .precondition("Somebody deployed meanwhile. Read the flows again, then retry.")
        case .deployUnderWay: self = .conflict("Another deploy to this instance is under way.")
        case .refused(let sentence): self = .upstream(sentence)
        case .missingModules(let modules):
            let names = modules.map(\.name).joined(separator: ", ")
            self = .conflict(
                "These modules are not installed there: \(names). Install them first, or accept "
                    + "that they are missing.")
        case .version(.credentials):
            self = .invalid("credentials", VersionFault.credentials.description)
            detail =
                VersionFault.credentials.description + " In a call: \"credentials\": false."
        case .version(let fault): self.init(fault)
        case .store(let error): self.init(error)
        case .system(let error):
            self = error.isFull ? Problem(StoreError.full) : .storage
        }
    }

    package init(_ fault: VersionFault) {
        switch fault {
        case .store(let error): self.init(error)
        case .vault(let vault):
            self = .storage
            detail = vault.description
        case .lost:
            self = .storage
            detail = fault.description
        case .invalidFile: self = .malformed(fault.description)
        case .credentials, .passphraseNeeded, .wrongPassphrase, .weakPassphrase:
            self = .invalid("passphrase", fault.description)
            detail = fault.description
        case .system(let error): self = error.isFull ? Problem(StoreError.full) : .storage
        case .secret, .openSSL:
            self = .storage
            detail = fault.description
        }
    }
}
