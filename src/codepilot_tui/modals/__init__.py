"""What is asked of the person above the workbench, and the pure rules of when and how it may be asked."""
