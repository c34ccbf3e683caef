"""What every service stands on: the event catalogue, messaging, the chassis. It never imports a service."""
