import Synchronization

/// Where the site's broker takes a CONNECT whose sender a certificate has proven.
package struct BrokerSpliceTarget: Sendable, Equatable {
    package let socketPath: String
    /// For those whom nothing has proven: no secret of ours counts there.
    package let openPath: String
    /// Of this start of the broker: in the password field it says that we vouch for the user name.
    package let secret: [UInt8]

    package init(socketPath: String, openPath: String, secret: [UInt8]) {
        self.socketPath = socketPath
        self.openPath = openPath
        self.secret = secret
    }
}

/// What stands there at the moment: the broker's service puts it, the door asks for each connection.
package final class BrokerEntrance: Sendable {
    private let target = Mutex<BrokerSpliceTarget?>(nil)

    package init() {}

    /// `nil` while no broker of ours runs.
    package var current: BrokerSpliceTarget? { target.withLock { $0 } }

    package func open(_ target: BrokerSpliceTarget?) { self.target.withLock { $0 = target } }
}
