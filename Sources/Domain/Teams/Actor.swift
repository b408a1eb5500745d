import Basics

/// Who does something, as the audit events name it.
package struct Actor: Sendable, Hashable {
    package enum Identity: Sendable, Hashable {
        case nobody
        case user(User.ID, name: String)
        case token(PersonalToken.ID, name: String, user: User.ID)
        /// The agent on a device.
        case device(Device.ID, name: String)
        /// The appliance itself, and whoever administers it on its own console.
        case site
    }

    package var identity: Identity
    /// Where the call came from, as text; `nil` for what the appliance does by itself.
    package var address: String?

    package init(_ identity: Identity, address: String? = nil) {
        self.identity = identity
        self.address = address
    }

    package static let nobody = Actor(.nobody)
    package static let site = Actor(.site)

    package static func user(_ id: User.ID, name: String, address: String? = nil) -> Actor {
        Actor(.user(id, name: name), address: address)
    }

    package static func token(
        _ id: PersonalToken.ID, name: String, user: User.ID, address: String? = nil
    ) -> Actor {
        Actor(.token(id, name: name, user: user), address: address)
    }

    package static func device(_ device: Device, address: String? = nil) -> Actor {
        Actor(.device(device.id, name: device.name.text), address: address)
    }

    package var userID: User.ID? {
        switch identity {
        case .user(let id, _): id
        case .token(_, _, let user): user
        case .nobody, .device, .site: nil
        }
    }

    /// The word of API and database: `user`, `token`, `device`, `site`, `nobody`.
    package var type: String {
        switch identity {
        case .nobody: "nobody"
        case .user: "user"
        case .token: "token"
        case .device: "device"
        case .site: "site"
        }
    }

    package var id: String? {
        switch identity {
        case .user(let id, _): id.text
        case .token(let id, _, _): id.text
        case .device(let id, _): id.text
        case .nobody, .site: nil
        }
    }

    package var name: String {
        switch identity {
        case .nobody: ""
        case .user(_, let name), .token(_, let name, _), .device(_, let name): name
        case .site: "Lineside"
        }
    }
}
