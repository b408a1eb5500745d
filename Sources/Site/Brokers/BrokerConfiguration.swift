import Basics

/// What Mosquitto is told, as text; made anew at each start, never edited by hand.
package struct BrokerConfiguration: Sendable, Equatable {
    /// A listener beyond the local socket.
    package struct Listener: Sendable, Equatable {
        /// `::` for all, IPv4 too.
        package var address: String
        package var port: Int
        package var isPlain: Bool
        package init(address: String, port: Int, isPlain: Bool) {
            self.address = address
            self.port = port
            self.isPlain = isPlain
        }
    }

    package var files: BrokerFiles
    package var listeners: [Listener]
    /// PEM: chain, and its key.
    package var certificate: String
    package var key: String
    /// As root Mosquitto would take on another user, and could not read its files then.
    package var user: String?
    /// Open connections; the process may have this many descriptors and 256 more.
    package var connections: Int
    /// Bytes.
    package var memory = BrokerConfiguration.memoryLimit

    package init(
        files: BrokerFiles, listeners: [Listener], certificate: String, key: String,
        user: String? = nil, connections: Int = BrokerConfiguration.connectionLimit
    ) {
        self.files = files
        self.listeners = listeners
        self.certificate = certificate
        self.key = key
        self.user = user
        self.connections = connections
    }

    /// Of each listener: 10,000 devices and air.
    package static let connectionLimit = 16_000
    package static let messageLimit = 1 << 20
    // For each client.
    /// 50,000: each of 10,000 devices says some four things at once when all are told the same.
    package static let queuedMessages = 50_000
    package static let queuedBytes = 16 << 20
    /// 1 GiB. Over it every allocation fails, so that whoever fills it stops the broker for all.
    package static let memoryLimit = 1 << 30
    /// More in flight loses messages that were acknowledged (Mosquitto 2.0.11, measured).
    package static let inFlight = 20

    package var text: String {
        var lines = ["# Written by Lineside at each start; changes here are lost."]
        if let user { lines.append("user \(user)") }
        lines += [
            // One plugin, hence one set of users, for all listeners.
            "per_listener_settings false",
            "plugin \(files.plugin)",
            "plugin_opt_access \(files.access)",
            "plugin_opt_secrets \(files.secrets)",
            "plugin_opt_database \(files.database)",
            "plugin_opt_memory \(memory)",
            "allow_anonymous false",
            // A client id is its user's name; a broker that makes one up would break that.
            "allow_zero_length_clientid false",
            "connection_messages false",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            // Without it 44 ms pass for a question and its answer.
            "set_tcp_nodelay true",
            "max_inflight_messages \(Self.inFlight)",
            "max_queued_messages \(Self.queuedMessages)",
            "max_queued_bytes \(Self.queuedBytes)",
            "message_size_limit \(Self.messageLimit)",
            "max_packet_size \(Self.messageLimit + 65_536)",
            "max_keepalive 3600",
            "persistent_client_expiration 14d",
            "memory_limit \(memory)",
            "sys_interval 10",
            "persistence true",
            "persistence_location \(files.data)/",
            "autosave_interval 30",
            "listener 0 \(files.socket)",
            "max_connections \(connections)",
            "listener 0 \(files.openSocket)",
            "max_connections \(connections)",
        ]
        for listener in listeners {
            let address = listener.address == "::" ? "" : " \(listener.address)"
            lines.append("listener \(listener.port)\(address)")
            lines.append("max_connections \(connections)")
            guard !listener.isPlain else { continue }
            lines += [
                "certfile \(certificate)",
                "keyfile \(key)",
                "tls_version tlsv1.2",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
