/// Which broker the site has, as the configuration says it.
package struct BrokerSettings: Sendable, Equatable {
    /// Somebody else's, which takes no orders from us.
    package struct External: Sendable, Equatable {
        package var host: String
        package var port: UInt16
        package var user: String?
        /// A file with nothing else in it.
        package var passwordFile: String?
        /// PEM of who signs its certificate; `nil`: without TLS.
        package var authority: String?
        package init(
            host: String, port: UInt16, user: String?, passwordFile: String?, authority: String?
        ) {
            self.host = host
            self.port = port
            self.user = user
            self.passwordFile = passwordFile
            self.authority = authority
        }
    }

    package var isEnabled: Bool
    package var external: External?
    /// Those with TLS; 0: any free port, the same for all.
    package var addresses: [String]
    package var port: Int
    package var plain: [BrokerConfiguration.Listener]
    /// PEM files: chain and key that listeners show.
    package var certificate: String
    package var key: String
    /// Whether the broker ends with the appliance.
    package var stopsOnExit: Bool
    /// Bytes: over it the broker gives nobody anything any more.
    package var memory = BrokerConfiguration.memoryLimit

    package init(
        isEnabled: Bool = true, external: External? = nil, addresses: [String], port: Int,
        plain: [BrokerConfiguration.Listener] = [], certificate: String, key: String,
        stopsOnExit: Bool = false
    ) {
        self.isEnabled = isEnabled
        self.external = external
        self.addresses = addresses
        self.port = port
        self.plain = plain
        self.certificate = certificate
        self.key = key
        self.stopsOnExit = stopsOnExit
    }

    /// What a broker of ours leaves open, and what nobody can promise with one that is not.
    package var unenforceable: [String] {
        guard let external else {
            return [
                "Connections to the broker's own port are counted for all addresses together: one "
                    + "machine can take all \(BrokerConfiguration.connectionLimit) of them before "
                    + "it signs in. Where strangers reach that port, have the firewall limit the "
                    + "connections of an address.",
                "Topics outside of “ff/” and “ls/” belong to the team that first gives them to a "
                    + "gateway or PLC; those that no client has are anybody's to take.",
            ]
        }
        let inClear =
            external.authority == nil
            ? [
                "Everything between this server and that broker is in clear, the password too: give "
                    + "'broker.externalAuthority' to have TLS."
            ] : []
        return inClear + [
            "Who may sign in and which topics are whose is up to that broker: users, passwords and "
                + "rules shown here are not in force there.",
            "A device or client that is removed or revoked stays connected until that broker "
                + "ends its connection.",
            "MQTT that comes to the platform's port, with a certificate or with a password, is not "
                + "passed on: Lineside agents cannot connect, and FlowFuse agents need that "
                + "broker's address, a user and a password there in their device.yml.",
            "Whether a device is connected is known from what it says, not from its connection: "
                + "one that is silent for three minutes counts as away.",
            "Messages that the broker drops are seen only where it counts them as Mosquitto does.",
        ]
    }
}

/// How the broker is, for whoever shows it.
package struct BrokerStatus: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable { case stopped, starting, running, down }

    package var state: State
    /// One sentence.
    package var problem: String?
    package var isExternal: Bool
    /// Where devices and gateways with a password come in; `nil` while there is nothing.
    package var port: Int?
    package var connections: Int?
    package var dropped: Int?
    package var messages: Int?
    package var unenforceable: [String]

    package init(
        state: State, problem: String? = nil, isExternal: Bool = false, port: Int? = nil,
        connections: Int? = nil, dropped: Int? = nil, messages: Int? = nil,
        unenforceable: [String] = []
    ) {
        self.state = state
        self.problem = problem
        self.isExternal = isExternal
        self.port = port
        self.connections = connections
        self.dropped = dropped
        self.messages = messages
        self.unenforceable = unenforceable
    }
}
