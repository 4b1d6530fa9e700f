"""The directory over the API: organisations, people, contact points, networks, systems, mandates."""
